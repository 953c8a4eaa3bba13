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

package io.viommu.vmm.qtest;

import java.io.PrintStream;
import java.util.Map;

import io.viommu.iommu.IommuModel;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.ModelProperty;
import io.viommu.vmm.machine.Board;

/** What {@code viommu qtest --help} says: how to start, and every property of every model. */
final class QtestHelp {

    private static final String TEXT = """
            Usage: viommu qtest [QEMU-style options]

            Drives a machine without a CPU through QEMU's qtest line protocol.

            Without options it talks on standard input and output and has no machine until the client sends
            'viommu_machine OPTIONS'. Options are QEMU's:
              -machine virt[,iommu=smmuv3] | q35 | none     the machine
              -m SIZE                                       RAM, 512M unless given
              -device arm-smmuv3[,PROPERTY=VALUE...]        an SMMUv3 (virt; 'iommu=smmuv3' is one with stage=nested)
              -device intel-iommu[,PROPERTY=VALUE...]       a VT-d unit (q35)
              -device iommu-testdev | edu[,dma_mask=N] | pcie-root-port,id=ID   [,bus=ID] [,addr=SLOT.FUNCTION]
              -device virtio-rng-pci[,iommu_platform=on]    an entropy device; its DMA passes the IOMMU by unless 'on'
              -global DRIVER.PROPERTY=VALUE                 a default for all devices of a kind
              -qtest unix:PATH   -qtest-log FILE            where the protocol is spoken and logged
              -qmp unix:PATH[,server=on]                    a QMP monitor; also -chardev socket,... -mon ...
            Other QEMU options are accepted and change nothing. What a model can do is as in QEMU unless a property
            below is given (compat=qemu); with its own compat a model offers all that it has. Where these defaults
            differ, both are listed.

            Beside QEMU's own commands there are, for an endpoint with a StreamID or source-id SID:
              viommu_machine OPTIONS              a fresh machine with PCI assigned
              viommu_dma w SID IOVA 0xHEX  |  r SID IOVA LEN      [ssid=N] [priv] [exec]
              viommu_ats SID IOVA [w] [ssid=N] [priv] [exec]      a PCIe ATS translation request
              viommu_pri SID IOVA PRGI r|w|rw [last] [ssid=N] [priv] [exec]   viommu_pri_answers
              viommu_phys FIELD=VALUE...          a fault reported by the host
              viommu_devmsi SID ADDR DATA         viommu_ioapic PIN LEVEL
              viommu_irqs    viommu_msis          interrupts since the last call
            """;

    /** Defaults of these machines that are no property of the model. */
    private static final Map<String, String> HERE = Map.of("compat", "qemu", "stage",
            "nested with iommu=smmuv3, 1 with -device arm-smmuv3");

    private QtestHelp() {
    }

    static void print(final PrintStream out) {
        out.print(TEXT);
        out.println();
        out.print("Machines:");
        for (final Board board : Board.values()) {
            out.print(" " + board.alias());
        }
        out.println();
        for (final IommuModel model : IommuModels.all()) {
            out.println();
            out.println("Properties of " + model.name() + ", " + model.description() + ":");
            for (final ModelProperty property : model.properties()) {
                print(out, property);
            }
        }
        out.flush();
    }

    private static void print(final PrintStream out, final ModelProperty property) {
        final String also = property.aliases().isEmpty() ? "" : " (also " + String.join(", ", property.aliases()) + ")";
        out.printf("  %-18s %s%s%n", property.name(), property.meaning(), also);
        out.printf("  %-18s %s; default %s%n", "", property.allowed(), defaults(property));
    }

    private static String defaults(final ModelProperty property) {
        if (HERE.containsKey(property.name())) {
            return HERE.get(property.name());
        }
        final String here = property.qemuDefault();
        final String own = property.defaultValue();
        return here.equals(own) ? own : here + ", or " + own + " with the model's own compat";
    }
}
