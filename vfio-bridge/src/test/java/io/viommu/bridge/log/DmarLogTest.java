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
package io.viommu.bridge.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** DMAR and interrupt remapping faults: each era's format, and each way in which logs have mangled it. */
class DmarLogTest {
    private static final long READ = 1L << 62;
    private static final long F = 1L << 63;

    private static long high(final long flags, final int pasid, final int reason, final int sid) {
        return F | flags | (long) pasid << 40 | (long) reason << 32 | sid;
    }

    @Test
    void d1PairsTheReasonOnTheNextLine() {
        final VtdLogFault fault = ParsedLog.of("DMAR:[DMA Write] Request device [05:01.0] fault addr ffbfe000 ",
                "DMAR:[fault reason 02] Present bit in context entry is clear").onlyVtd();
        assertThat(fault.words()).isEqualTo(RawWords.of(0xffbfe000L, high(0, 0, 2, 0x0508)));
        assertThat(fault.reasonText()).isEqualTo("Present bit in context entry is clear");
        assertThat(fault.kind()).isEqualTo(LogFault.Kind.VTD_DMA_FAULT);
        assertThat(fault.architecture()).isEqualTo(LogFault.Architecture.VTD);
        assertThat(fault.line()).isEqualTo(1);
    }

    @Test
    void d1PairsTheReasonAfterOtherLines() {
        final VtdLogFault fault = ParsedLog.of("dmar: DMAR:[DMA Read] Request device [00:02.0] fault addr 1000",
                "usb 1-1: new high-speed USB device", "", "sd 0:0:0:0: [sda] Attached SCSI disk",
                "dmar: DMAR:[fault reason 06] PTE Read access is not set").onlyVtd();
        assertThat(fault.words()).isEqualTo(RawWords.of(0x1000, high(READ, 0, 6, 0x10)));
    }

    @Test
    void d1PairsReasonsInTheOrderOfTheFaults() {
        final List<LogFault> faults = ParsedLog.of("DMAR:[DMA Read] Request device [00:02.0] fault addr 1000",
                "DMAR:[DMA Write] Request device [00:03.0] fault addr 2000",
                "DMAR:[fault reason 06] PTE Read access is not set",
                "DMAR:[fault reason 05] PTE Write access is not set").faults;
        assertThat(faults).extracting(LogFault::words).containsExactly(
                RawWords.of(0x1000, high(READ, 0, 6, 0x10)), RawWords.of(0x2000, high(0, 0, 5, 0x18)));
    }

    @Test
    void d1bIsFoundWithBothHalvesOnOneLineAndADoubledPrefix() {
        final VtdLogFault fault = ParsedLog
                .of("[    1.0] DMAR: DMAR:[DMA read] Request device [5e:00.0]fault addr fffff000"
                        + " DMAR: DMAR:[fault reason 06] PTE Read access is not set")
                .onlyVtd();
        assertThat(fault.words()).isEqualTo(RawWords.of(0xfffff000L, high(READ, 0, 6, 0x5e00)));
        assertThat(fault.reasonText()).isEqualTo("PTE Read access is not set");
    }

    @Test
    void reasonOnTheSameLineIsNotGivenToAnOlderFaultThatWaits() {
        final List<LogFault> faults = ParsedLog.of("DMAR:[DMA Read] Request device [00:02.0] fault addr 1000",
                "DMAR:[DMA Write] Request device [00:03.0] fault addr 2000 DMAR:[fault reason 05] PTE Write access is not set").faults;
        assertThat(faults).extracting(LogFault::words).containsExactly(
                RawWords.NONE, RawWords.of(0x2000, high(0, 0, 5, 0x18)));
    }

    @Test
    void d1iHasADoubledBracketAndADecimalReason() {
        final VtdLogFault fault = ParsedLog.of("INTR-REMAP: Request device [[f0:1f.7] fault index 1f",
                "INTR-REMAP:[fault reason 34] Present field in the IRTE entry is clear").onlyVtd();
        assertThat(fault.words()).isEqualTo(RawWords.of(0x001f_0000_0000_0000L, high(0, 0, 0x22, 0xf0ff)));
        assertThat(fault.kind()).isEqualTo(LogFault.Kind.VTD_INTERRUPT_FAULT);
        assertThat(fault.info()).hasValue(0x1f);
    }

    @Test
    void interruptReasonIsNotGivenToADmaFaultThatWaits() {
        final List<LogFault> faults = ParsedLog.of("DMAR:[DMA Read] Request device [00:02.0] fault addr 1000",
                "INTR-REMAP: Request device [[00:03.0] fault index 2",
                "INTR-REMAP:[fault reason 38] Blocked an interrupt request due to source-id verification failure",
                "DMAR:[fault reason 06] PTE Read access is not set").faults;
        assertThat(faults).extracting(LogFault::words).containsExactly(
                RawWords.of(0x1000, high(READ, 0, 6, 0x10)), RawWords.of(0x2L << 48, high(0, 0, 0x26, 0x18)));
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '~', delimiter = ';', value = {
        "DMAR: [DMA Read] Request device [00:02.0] fault addr 70ad5000 [fault reason 38] x; 0x70ad5000; 0xc000002600000010",
        "DMAR: [DMA Read] Request device [00:02.0] PASID ffffffff fault addr 70ad5000 [fault reason 12] x; 0x70ad5000; 0xc000000c00000010",
        "DMAR: [DMA Write] Request device [7a:02.0] PASID 2 fault addr 7f81c968d000 [fault reason 113] x; 0x7f81c968d000; 0x8000027180007a10",
        "DMAR: [DMA Read NO_PASID] Request device [0x00:0x02.0] fault addr 0x70ad5000 [fault reason 0x0c] x; 0x70ad5000; 0xc000000c00000010",
        "DMAR: [DMA Read PASID 0x1] Request device [0x41:0x00.0] fault addr 0x7ecdcd000 [fault reason 0x81] x; 0x7ecdcd000; 0xc000018180004100",
        "DMAR: [DMA Write PASID 0xfffff] Request device [ff:1f.7] fault addr 0xffffffffffffffff [fault reason 0xff] x; 0xfffffffffffff000; 0x8fffffff8000ffff",
        "DMAR: [INTR-REMAP] Request device [00:11.0] fault index 3b [fault reason 38] x; 0x003b000000000000; 0x8000002600000088",
        "DMAR: [INTR-REMAP] Request device [0x64:0x00.5] fault index 0x8800 [fault reason 0x25] x; 0x8800000000000000; 0x8000002500006405",
        "DMAR : [DMA Write NO_PASID] Request device [07.00.1] fault addr 0xfffe0000 [fault reason 0x82] Present bit in contect entry is clear; 0xfffe0000; 0x8000008200000701",
        "DMAR: [DMA READ] x [DMA Read NO_PASID] Request device [0A:00.0] fault addr 0xFFFE0000 [fault reason 0x0C] x; 0xfffe0000; 0xc000000c00000a00" })
    void d2ToD6AreRebuiltToTheFaultRecordingRegister(final String line, final String low, final String high) {
        final VtdLogFault fault = ParsedLog.of(line).onlyVtd();
        assertThat(fault.words().toString()).isEqualTo(
                RawWords.of(Long.decode("0x0") | Long.parseUnsignedLong(low.substring(2), 16),
                        Long.parseUnsignedLong(high.substring(2), 16)).toString());
        assertThat(fault.rejection()).isNull();
    }

    @Test
    void pasidZeroIsAPasidAndAllOnesIsNone() {
        assertThat(
                ParsedLog.of("DMAR: [DMA Read PASID 0x0] Request device [00:02.0] fault addr 0x0 [fault reason 0x59] x")
                        .onlyVtd().words().get(1))
                .isEqualTo(high(READ | 1L << 31, 0, 0x59, 0x10));
        assertThat(ParsedLog
                .of("DMAR: [DMA Read] Request device [00:02.0] PASID ffffffff fault addr 0 [fault reason 89] x")
                .onlyVtd().pasid()).isEmpty();
    }

    @Test
    void x1PairsHexadecimalReasonsAndKeepsTheSegment() {
        final VtdLogFault fault = ParsedLog.of(
                "(XEN) [   37.201160] [VT-D]DMAR:[DMA Write] Request device [0001:00:1e.6] fault addr 8e43c000, iommu reg = ffff82c00021d000",
                "(XEN) [   37.201164] [VT-D]DMAR: reason 25 - Unknown").onlyVtd();
        assertThat(fault.words()).isEqualTo(RawWords.of(0x8e43c000L, high(0, 0, 0x25, 0xf6)));
        assertThat(fault.segment()).hasValue(1);
        assertThat(fault.reasonText()).isEqualTo("Unknown");
    }

    @Test
    void x1OfOldXenHasASuffixedReason() {
        final VtdLogFault fault = ParsedLog.of(
                "(XEN) [VT-D]iommu.c:861: DMAR:[DMA Read] Request device [00:1b.0] fault addr 7e4d5000, iommu reg = ffff82c3fff57000",
                "(XEN) DMAR:[fault reason 10h] non-zero reserved fields in PTE").onlyVtd();
        assertThat(fault.reason()).hasValue(0x10);
    }

    @Test
    void x1OfAnUnknownReasonHasNoDirectionAndIsRejected() {
        final VtdLogFault fault = ParsedLog.of("(XEN) [VT-D]UNKNOWN: Request device [0000:00:1e.6] fault addr 1000",
                "(XEN) [VT-D]UNKNOWN: reason 71 - Unknown").onlyVtd();
        assertThat(fault.reason()).hasValue(0x71);
        assertThat(fault.rejection()).contains("read or a write");
    }

    @Test
    void faultsWhoseReasonsWereSuppressedDoNotTakeTheReasonOfTheNext() {
        final List<LogFault> faults = ParsedLog.of(
                "(XEN) [VT-D]DMAR:[DMA Read] Request device [0000:00:02.0] fault addr 1000",
                "(XEN) printk: 26303 messages suppressed.",
                "(XEN) [VT-D]DMAR:[DMA Read] Request device [0000:00:02.0] fault addr 2000",
                "(XEN) [VT-D]DMAR: reason 06 - PTE Read access is not set").faults;
        assertThat(faults).extracting(LogFault::rejected).containsExactly(true, false);
        assertThat(faults.get(1).words().get(0)).isEqualTo(0x2000);
    }

    @Test
    void wrappedLinesAreJoinedWhereverTheyBreak() {
        final String line = "DMAR: [DMA Write NO_PASID] Request device [3e:00.0] fault addr 0x7efef4f08000"
                + " [fault reason 0x79] SM: Read/Write permission error in second-level paging entry";
        final VtdLogFault whole = ParsedLog.of(line).onlyVtd();
        for (int first = line.indexOf(' ', line.indexOf('[')); first > 0; first = line.indexOf(' ', first + 1)) {
            for (int second = line.indexOf(' ', first + 1); second > 0; second = line.indexOf(' ', second + 1)) {
                final VtdLogFault joined = ParsedLog.of("> " + line.substring(0, first),
                        "> " + line.substring(first + 1, second), ">  " + line.substring(second + 1)).onlyVtd();
                assertThat(joined.words()).as("broken at %d and %d", first, second).isEqualTo(whole.words());
                assertThat(joined.line()).isEqualTo(1);
            }
        }
    }

    @Test
    void linesBrokenByATerminalInsideATokenAreJoined() {
        final String line = "[23560.957541] DMAR: [DMA Write NO_PASID] Request device [3e:00.0] fault addr 0x7efef4f08000"
                + " [fault reason 0x79] SM: Present bit in Root Entry is clear";
        for (int width = "[23560.957541] DMAR: [DMA".length(); width < line.indexOf("[fault reason 0x79]"); width++) {
            final List<String> broken = new java.util.ArrayList<>();
            for (int at = 0; at < line.length(); at += width) {
                broken.add(line.substring(at, Math.min(at + width, line.length())));
            }
            final VtdLogFault fault = ParsedLog.ofLines(broken).onlyVtd();
            assertThat(fault.rejected() ? fault.info().orElse(-1) : fault.words().get(0))
                    .as("width %d: %s", width, fault)
                    .isEqualTo(0x7efef4f08000L);
        }
    }

    @Test
    void quotedPrintableBreaksAreJoinedInsideWords() {
        final String line = "[23560.957541] DMAR: [DMA Write NO_PASID] Request device [3e:00.0] fault addr 0x7efef4f08000"
                + " [fault reason 0x79] SM: Present bit in Root Entry is clear";
        for (int at = 60; at < 76; at++) {
            final VtdLogFault joined = ParsedLog.of("x", line.substring(0, at) + "=", line.substring(at)).onlyVtd();
            assertThat(joined.words().get(0)).isEqualTo(0x7efef4f08000L);
            assertThat(joined.reasonText()).isEqualTo("SM: Present bit in Root Entry is clear");
            assertThat(joined.line()).isEqualTo(2);
        }
    }

    @Test
    void foreignLineAfterACutFaultIsNotSwallowed() {
        final List<LogFault> faults = ParsedLog.of("DMAR: [DMA Read NO_PASID] Request device [00:02.0] fault",
                "DMAR: [DMA Write NO_PASID] Request device [00:03.0] fault addr 0x2000 [fault reason 0x05] PTE Write access is not set").faults;
        assertThat(faults).extracting(LogFault::rejected).containsExactly(true, false);
        assertThat(faults.get(0).rejection()).isEqualTo("The fault is cut short before its address.");
        assertThat(((VtdLogFault) faults.get(0)).sourceId()).hasValue(0x10);
    }

    @Test
    void severalFaultsGluedToOneLineAreAllFound() {
        final List<LogFault> faults = ParsedLog.of("DRHD: handling fault status reg 3> DMAR: [DMA Write] Request device"
                + " [00:14.0] PASID ffffffff fault addr ffcda000 [fault reason 05] PTE Write access is not set [   12.345678]"
                + " DMAR: DRHD: handling fault status reg 2 DMAR: [INTR-REMAP] Request device [00:14.0] fault index 7"
                + " [fault reason 37] Blocked a compatibility format interrupt request").faults;
        assertThat(faults).extracting(fault -> fault.words().get(0)).containsExactly(0xffcda000L, 7L << 48);
        assertThat(((VtdLogFault) faults.get(0)).reasonText()).isEqualTo("PTE Write access is not set");
    }

    @ParameterizedTest
    @ValueSource(strings = { "[xx:xx.x]", "[00:20.0]", "[00:02.8]", "[02.0]", "[0000:00:02]" })
    void deviceThatCantBeReadIsReportedAndRejected(final String device) {
        final VtdLogFault fault = ParsedLog.of("DMAR: [DMA Read NO_PASID] Request device " + device
                + " fault addr 0xfffe0000 [fault reason 0x06] PTE Read access is not set").onlyVtd();
        assertThat(fault.rejection()).contains(device);
        assertThat(fault.reason()).hasValue(6);
        assertThat(fault.info()).hasValue(0xfffe0000L);
        assertThat(fault.words()).isEqualTo(RawWords.NONE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "DMAR: [DMA Read NO_PASID] Request device [00:02.0] fault addr xxxxxxxx [fault reason 0x06] x; The fault address xxxxxxxx can't be read as a 64-bit hexadecimal number.",
        "DMAR: [DMA Read NO_PASID] Request device [00:02.0] fault addr 0x10000000000000000 [fault reason 0x06] x; The fault address 0x10000000000000000 can't be read as a 64-bit hexadecimal number.",
        "DMAR: [DMA Read PASID 0x100000] Request device [00:02.0] fault addr 0x0 [fault reason 0x06] x; The PASID 0x100000 does not fit into 20 bits.",
        "DMAR: [INTR-REMAP] Request device [00:02.0] fault index 0x10000 [fault reason 0x25] x; The interrupt index 0x10000 does not fit into 16 bits.",
        "DMAR: [DMA Read] Request device [00:02.0] fault addr 0 [fault reason 256] x; The fault reason 256 can't be read as an 8-bit number.",
        "DMAR: [DMA Read NO_PASID] Request device [00:02.0] fault addr 0x0 [fault reason 0x100] x; The fault reason 0x100 can't be read as an 8-bit number.",
        "DMAR: [DMA Read NO_PASID] Request device; The fault is cut short before its device.",
        "DMAR: [DMA Read NO_PASID] Request device [00:02.0] fault addr 0x1000 [fault reason 0x; The log has no fault reason for this fault." })
    void valueThatDoesNotFitIsReportedAndRejectedWithOneSentence(final String line, final String sentence) {
        assertThat(ParsedLog.of(line).onlyVtd().rejection()).isEqualTo(sentence);
    }

    @ParameterizedTest
    @ValueSource(strings = { "platforms, all \"[fault reason 07] Next page table ptr is invalid\" that",
        "[fault reason 07] Next page table ptr is invalid",
        "+\t\tpr_err(\"[INTR-REMAP] Request device [%02x:%02x.%d] fault index 0x%llx [fault reason 0x%02x] %s\\n\",",
        "\t\tpr_err(\"INTR-REMAP: Request device [[%02x:%02x.%d] \"", "\t\t       \"fault index %llx\\n\"",
        "+\t\tpr_err(\"[%s NO_PASID] Request device [0x%02x:0x%02x.%d] fault addr 0x%llx [fault reason 0x%02x] %s\\n\",",
        "the [DMA Read] requests of the device", "DMAR: Intel(R) Virtualization Technology for Directed I/O",
        "DMAR: [Firmware Bug]: No firmware reserved region can cover this RMRR", "a [DMA" })
    void proseAndSourceCodeAreNotFaults(final String line) {
        assertThat(ParsedLog.of(line, line, "end").faults).isEmpty();
    }

    @Test
    void faultWithoutAnyReasonIsReportedAtTheEnd() {
        final VtdLogFault fault = ParsedLog.of("`[INTR-REMAP] Request device [f0:1f.0] fault index 0x0`").onlyVtd();
        assertThat(fault.rejection()).isEqualTo("The log has no fault reason for this fault.");
        assertThat(fault.sourceId()).hasValue(0xf0f8);
    }

    @Test
    void r1HasTheHighHalfAndFiShiftedDown() {
        final VtdLogFault fault = ParsedLog.of("[init -> platform_drv] Error: Fault: hi=0xc000000600000010, reason=0x6,"
                + " type=0x1, AT=0x0, EXE=0x0, PRIV=0x0, PP=0x0, Source=0x10, info=0x7efef4f08").onlyVtd();
        assertThat(fault.words()).isEqualTo(RawWords.of(0x7efef4f08000L, 0xc000000600000010L));
        assertThat(fault.access()).isEqualTo(LogAccess.READ);
        assertThat(fault.rejection()).isNull();
    }

    @Test
    void r1OfAnInterruptHasItsIndexInTheTopBits() {
        final VtdLogFault fault = ParsedLog.of("Error: Fault: hi=0x80000025000000f8, reason=0x25, type=0x0, AT=0x0,",
                "EXE=0x0, PRIV=0x0, PP=0x0, Source=0xf8, info=0x3b000000000").onlyVtd();
        assertThat(fault.kind()).isEqualTo(LogFault.Kind.VTD_INTERRUPT_FAULT);
        assertThat(fault.words()).isEqualTo(RawWords.of(0x003b_0000_0000_0000L, 0x80000025000000f8L));
        assertThat(fault.info()).hasValue(0x3b);
    }

    @Test
    void r1WithoutFOrInfoIsRejected() {
        assertThat(ParsedLog.of("Fault: hi=0x25000000f8, reason=0x25").onlyVtd().rejection()).contains("F = 0");
        assertThat(ParsedLog.of("Fault: hi=0x80000025000000f8, reason=0x25").onlyVtd().rejection())
                .isEqualTo("The fault is cut short before its info field.");
    }

    @Test
    void q1HasNoReasonAndIsRejected() {
        final ParsedLog log = ParsedLog.of(
                "qemu-system-x86_64: vtd_iommu_translate: detected translation failure (dev=01:00:00, iova=0x7ffde000)",
                "> qemu-system-x86_64: vtd_iommu_translate: detected translation failure",
                "> (dev=3D01:1f:07, iova=3D0x7ffde000)",
                "qemu-system-x86_64: New fault is not recorded due to compression of faults");
        assertThat(log.faults).hasSize(2)
                .allSatisfy(fault -> assertThat(fault.rejection()).contains("no fault reason"));
        assertThat(log.faults).extracting(fault -> ((VtdLogFault) fault).sourceId().getAsInt())
                .containsExactly(0x100, 0x1ff);
        assertThat(log.notices).extracting(LogNotice::kind)
                .containsExactly(LogNotice.Kind.QEMU_FAULT_COMPRESSED);
    }

    @Test
    void d7d8d9AreNoticesWithTheirNumbers() {
        final ParsedLog log = ParsedLog.of("DRHD: handling fault status reg 602",
                "dmar: DRHD: handling fault status reg 3",
                "dmar_fault: 893 callbacks suppressed", "DMAR : DRHD: handling fault status req 2",
                "DMAR: Dump dmar5 table entries for IOVA 0xffffd000", "DMAR: DRHD: handling fault", "status reg 102");
        assertThat(log.faults).isEmpty();
        assertThat(log.notices).containsExactly(new LogNotice(1, LogNotice.Kind.VTD_FAULT_STATUS, 0x602),
                new LogNotice(2, LogNotice.Kind.VTD_FAULT_STATUS, 3),
                new LogNotice(3, LogNotice.Kind.VTD_SUPPRESSED, 893),
                new LogNotice(4, LogNotice.Kind.VTD_FAULT_STATUS, 2),
                new LogNotice(5, LogNotice.Kind.VTD_TABLE_DUMP, 0),
                new LogNotice(6, LogNotice.Kind.VTD_FAULT_STATUS, 0x102));
        assertThat(log.statistics.notices()).containsEntry(LogNotice.Kind.VTD_FAULT_STATUS, 4L);
    }

    @Test
    void wordsOfAReasonDoNotSwallowTheProseThatFollows() {
        final VtdLogFault fault = ParsedLog.of("DMAR: [DMA Read NO_PASID] Request device [0b:00.0]",
                "fault addr 0xffffe000 [fault reason 0x06] PTE Read access is not set", "and then the machine hangs")
                .onlyVtd();
        assertThat(fault.reasonText()).isEqualTo("PTE Read access is not set");
    }
}
