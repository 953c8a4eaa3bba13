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

package io.viommu.vmm;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may see whom: the models and the bridge see only vmm-core, which sees none of them. */
@AnalyzeClasses(packages = "io.viommu", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String SMMU = "io.viommu.smmu..";
    private static final String VTD = "io.viommu.vtd..";
    private static final String BRIDGE = "io.viommu.bridge..";
    private static final String VMM = "io.viommu.vmm..";

    @ArchTest
    static final ArchRule SMMU_SEES_ONLY_THE_CORE = noClasses().that().resideInAPackage(SMMU).should()
            .dependOnClassesThat().resideInAnyPackage(VTD, BRIDGE, VMM);

    @ArchTest
    static final ArchRule VTD_SEES_ONLY_THE_CORE = noClasses().that().resideInAPackage(VTD).should()
            .dependOnClassesThat().resideInAnyPackage(SMMU, BRIDGE, VMM);

    @ArchTest
    static final ArchRule BRIDGE_SEES_ONLY_THE_CORE = noClasses().that().resideInAPackage(BRIDGE).should()
            .dependOnClassesThat().resideInAnyPackage(SMMU, VTD, VMM);

    @ArchTest
    static final ArchRule CORE_SEES_NOBODY = noClasses().that().resideOutsideOfPackages(SMMU, VTD, BRIDGE, VMM)
            .should().dependOnClassesThat().resideInAnyPackage(SMMU, VTD, BRIDGE, VMM);

    /** A guest's driver knows a device by its registers and its memory alone, or it would test nothing. */
    @ArchTest
    static final ArchRule GUEST_DRIVERS_SEE_NO_MODEL = noClasses().that().resideInAPackage("io.viommu.vmm.guest..")
            .should().dependOnClassesThat().resideInAnyPackage(SMMU, VTD, BRIDGE, "io.viommu.iommu..",
                    "io.viommu.pipeline..", "io.viommu.fault..");
}
