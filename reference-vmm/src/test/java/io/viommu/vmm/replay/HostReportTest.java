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

package io.viommu.vmm.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.bridge.log.KernelLogParser;
import io.viommu.bridge.log.LogFault;
import io.viommu.fault.FaultSink;

/** The table of the kernel series of 2021: what it reported to a region, and what not. */
class HostReportTest {

    private static final long READ_PRIVILEGED = 1L << 35 | 1L << 33;

    static LogFault smmu(final long word0, final long word1, final long word2, final long word3) {
        final String prefix = "arm-smmu-v3 a.smmu: ";
        return parse("%sevent 0x%02x received:\n%s0x%016x\n%s0x%016x\n%s0x%016x\n%s0x%016x\n".formatted(prefix,
                word0 & 0xFF, prefix, word0, prefix, word1, prefix, word2, prefix, word3));
    }

    static LogFault dmar(final String access, final String reason) {
        return parse("DMAR: [DMA %s NO_PASID] Request device [05:00.0] fault addr 0x7000 [fault reason 0x%s] text\n"
                .formatted(access, reason));
    }

    private static LogFault parse(final String log) {
        final List<LogFault> faults = new ArrayList<>();
        try {
            KernelLogParser.parse(new ByteArrayInputStream(log.getBytes(StandardCharsets.US_ASCII)), faults::add);
        } catch (final IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        assertThat(faults).as(log).hasSize(1);
        assertThat(faults.getFirst().rejection()).isNull();
        return faults.getFirst();
    }

    @ParameterizedTest
    @CsvSource({ "0x10,5", "0x11,8", "0x12,7", "0x13,6" })
    void aTranslationFaultKeepsAddressAndPermissionsOnly(final String event, final int reason) {
        final HostReport report = HostReport
                .of(smmu(Long.decode(event) | 0x2100L << 32, READ_PRIVILEGED, 0x1234, 0x5000));
        assertThat(report).isEqualTo(new HostReport(false, reason, 2, FaultSink.NO_PASID, 1 | 8, 0x1234, 0));
    }

    @Test
    void aWalkAbortCarriesTheFetchAddressToo() {
        final HostReport report = HostReport.of(smmu(0x0B | 1L << 11 | 0x42L << 12, 0, 0x1234, 0xABC8));
        assertThat(report).isEqualTo(new HostReport(false, 4, 2 | 4, 0x42, 2, 0x1234, 0xABC8));
    }

    @Test
    void aBadSubstreamAlwaysNamesIt() {
        assertThat(HostReport.of(smmu(0x08 | 7L << 12, 0, 0, 0)))
                .isEqualTo(new HostReport(false, 3, 0, 7, 0, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x20, 0x21, 0x24, 0x25, 0xE0 })
    void otherEventsWereNotReported(final long event) {
        assertThat(HostReport.of(smmu(event, 0, 0, 0))).isNull();
    }

    @ParameterizedTest
    @ValueSource(longs = { 0x0B, 0x10, 0x11, 0x12, 0x13 })
    void faultsOfStage2WereNotReported(final long event) {
        assertThat(HostReport.of(smmu(event, 1L << 39, 0, 0))).isNull();
    }

    @ParameterizedTest
    @CsvSource({ "Write,05,6,2", "Read,06,6,1", "Write,71,5,2", "Read,04,8,1", "Write,07,4,2", "Read,58,1,1",
        "Read,5b,2,1" })
    void aVtdReasonBecomesTheOneOfLikeMeaning(final String access, final String code, final int reason,
            final int permissions) {
        assertThat(HostReport.of(dmar(access, code))).isEqualTo(
                new HostReport(false, reason, 2, FaultSink.NO_PASID, permissions, 0x7000, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = { "02", "03", "0c", "87" })
    void aVtdReasonWithoutLikeIsNotReported(final String code) {
        assertThat(HostReport.of(dmar("Write", code))).isNull();
    }
}
