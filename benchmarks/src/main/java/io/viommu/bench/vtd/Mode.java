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

package io.viommu.bench.vtd;

/** How a guest has its requests translated. */
public enum Mode {

    /** Legacy mode, second stage. */
    LEGACY(0, 0),
    /** Scalable mode, first stage. */
    FIRST_STAGE(1, 1),
    /** Scalable mode, first stage within second. */
    NESTED(1, 3);

    private final int tables;
    private final int type;

    Mode(final int tables, final int type) {
        this.tables = tables;
        this.type = type;
    }

    /** RTADDR.TTM. */
    int tables() {
        return tables;
    }

    boolean scalable() {
        return tables != 0;
    }

    /** PGTT of PASID table entries. */
    int type() {
        return type;
    }
}
