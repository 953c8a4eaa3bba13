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

package io.viommu.bench.translate;

import io.viommu.bench.smmu.StreamGuest;
import io.viommu.bench.tables.TranslatingGuest;
import io.viommu.bench.vtd.Mode;
import io.viommu.bench.vtd.RequesterGuest;
import io.viommu.iommu.HostIommu;

/** Whose tables translate, and how. */
public enum Regime {

    /** SMMUv3, stage 1. */
    SMMU_STAGE_1 {
        @Override
        TranslatingGuest guest(final long ramBytes, final int devices) {
            return new StreamGuest(ramBytes, devices, StreamGuest.STAGE_1);
        }
    },
    /** SMMUv3, stage 1 within stage 2. */
    SMMU_NESTED {
        @Override
        TranslatingGuest guest(final long ramBytes, final int devices) {
            return new StreamGuest(ramBytes, devices, StreamGuest.NESTED);
        }
    },
    /** VT-d, legacy mode. */
    VTD_LEGACY {
        @Override
        TranslatingGuest guest(final long ramBytes, final int devices) {
            return new RequesterGuest(ramBytes, devices, Mode.LEGACY, HostIommu.NONE);
        }
    },
    /** VT-d, scalable mode, first stage. */
    VTD_FIRST_STAGE {
        @Override
        TranslatingGuest guest(final long ramBytes, final int devices) {
            return new RequesterGuest(ramBytes, devices, Mode.FIRST_STAGE, HostIommu.NONE);
        }
    },
    /** VT-d, scalable mode, first stage within second. */
    VTD_NESTED {
        @Override
        TranslatingGuest guest(final long ramBytes, final int devices) {
            return new RequesterGuest(ramBytes, devices, Mode.NESTED, HostIommu.NONE);
        }
    };

    /** Makes a guest whose devices, numbered from 0, are translated so. */
    abstract TranslatingGuest guest(long ramBytes, int devices);
}
