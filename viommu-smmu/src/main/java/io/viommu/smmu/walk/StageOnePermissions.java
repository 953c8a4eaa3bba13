/*
 * Copyright 2026 the viommu authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package io.viommu.smmu.walk;

import static io.viommu.smmu.spec.TranslationDescriptorLayout.AP_READ_ONLY;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.AP_TABLE_NO_USER;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.AP_TABLE_READ_ONLY;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.AP_USER;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.PXN;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.PXN_TABLE;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.UXN;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.UXN_TABLE;

import io.viommu.smmu.config.StreamConfiguration;
import io.viommu.smmu.spec.ContextDescriptorLayout;

/**
 * What a page or block of stage 1 allows, the tables above it and the context descriptor considered (Arm ARM, D8.4).
 */
final class StageOnePermissions {

    private StageOnePermissions() {
    }

    /**
     * The permissions of a leaf.
     *
     * @param stream     the configuration.
     * @param descriptor the leaf.
     * @param hierarchy  the table descriptors above it, or-ed; 0 if they don't count.
     */
    static int of(final StreamConfiguration stream, final long descriptor, final long hierarchy) {
        final boolean writable = (descriptor & AP_READ_ONLY) == 0 && (hierarchy & AP_TABLE_READ_ONLY) == 0;
        final boolean userNever = (descriptor & UXN) != 0 || (hierarchy & UXN_TABLE) != 0;
        final boolean writeExcludesExecution = writable && stream.stage1Flag(ContextDescriptorLayout.WXN);
        if (stream.world() == StreamConfiguration.WORLD_EL2) {
            return withoutUsers(writable, userNever || writeExcludesExecution);
        }
        final boolean user = (descriptor & AP_USER) != 0 && (hierarchy & AP_TABLE_NO_USER) == 0;
        int allowed = 0;
        if (user) {
            allowed |= writable ? Permission.USER_READ | Permission.USER_WRITE : Permission.USER_READ;
        }
        if (!userNever && !(user && writeExcludesExecution)) {
            allowed |= Permission.USER_EXECUTE;
        }
        if (!user || !stream.stage1Flag(ContextDescriptorLayout.PAN)) {
            allowed |= writable ? Permission.PRIVILEGED_READ | Permission.PRIVILEGED_WRITE : Permission.PRIVILEGED_READ;
        }
        final boolean privilegedNever = (descriptor & PXN) != 0 || (hierarchy & PXN_TABLE) != 0 || user && writable;
        if (!privilegedNever && !writeExcludesExecution) {
            allowed |= Permission.PRIVILEGED_EXECUTE;
        }
        return allowed;
    }

    /** A world without users: AP[1] counts as 1, UXN is XN, and everybody has the same rights. */
    private static int withoutUsers(final boolean writable, final boolean never) {
        return Permission.USER_READ | Permission.PRIVILEGED_READ | (writable ? Permission.WRITES : 0)
                | (never ? 0 : Permission.USER_EXECUTE | Permission.PRIVILEGED_EXECUTE);
    }
}
