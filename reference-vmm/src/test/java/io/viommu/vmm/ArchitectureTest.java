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
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may see whom: the models and the bridge see only vmm-core, which sees none of them. */
@AnalyzeClasses(packages = "io.viommu", importOptions = {
    ImportOption.DoNotIncludeTests.class, ArchitectureTest.NoTestJars.class })
class ArchitectureTest {

    /** The bridge's tests come as an archive in a whole build, and as a folder in one of tests only. */
    static final class NoTestJars implements ImportOption {
        @Override
        public boolean includes(final Location location) {
            return !location.contains("-tests.jar");
        }
    }

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

    /** Rooms that one model has and the other has nothing like: the SMMU's queues, VT-d's interrupts and its table. */
    private static final Set<String> OWN_ROOMS = Set.of("queue", "remap", "acpi");

    /** Packages that may hold more than {@value #MOST_TYPES} types, and why. */
    private static final Map<String, String> LARGE = Map.of(
            "io.viommu.vmm.qtest", "one door, with a word of QEMU's protocol in each class",
            "io.viommu.bridge.dmafault", "holds the region's producer, which is to go to a module of test tools",
            "io.viommu.bridge.log", "is being split by the kind of log",
            "io.viommu.vmm.board", "is to be split into x86_64, arm64 and what both share",
            "io.viommu.vmm.machine", "is to be split into board, PCI, endpoints and IOMMU",
            "io.viommu.vmm.replay", "is to be split into input, run and report");
    private static final int MOST_TYPES = 20;

    /** Whoever reads a package needs not what depends on it. */
    @ArchTest
    static final ArchRule NO_CIRCLE_OF_PACKAGES = slices().matching("io.viommu.(**)").should().beFreeOfCycles();

    /** The models are one idea told twice. */
    @ArchTest
    static void modelsHaveTheSameRooms(final JavaClasses classes) {
        final Set<String> smmu = rooms(classes, "io.viommu.smmu");
        final Set<String> vtd = rooms(classes, "io.viommu.vtd");
        assertThat(smmu).contains("spec", "register", "command", "fault");
        smmu.removeAll(OWN_ROOMS);
        vtd.removeAll(OWN_ROOMS);
        assertThat(smmu).isEqualTo(vtd);
    }

    private static Set<String> rooms(final JavaClasses classes, final String model) {
        return classes.stream().map(JavaClass::getPackageName).filter(name -> name.startsWith(model + "."))
                .map(name -> name.substring(model.length() + 1)).collect(Collectors.toCollection(TreeSet::new));
    }

    /** A package is read at one sitting. */
    @ArchTest
    static void noPackageIsTooLarge(final JavaClasses classes) {
        final Map<String, Long> sizes = classes.stream()
                .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(JavaClass::getPackageName, TreeMap::new, Collectors.counting()));
        sizes.keySet().removeAll(LARGE.keySet());
        sizes.values().removeIf(size -> size <= MOST_TYPES);
        assertThat(sizes).as("packages of more than %d types", MOST_TYPES).isEmpty();
    }
}
