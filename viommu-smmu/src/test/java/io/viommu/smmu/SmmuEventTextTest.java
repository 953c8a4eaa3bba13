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

package io.viommu.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SmmuEventTextTest {

    @ParameterizedTest
    @CsvSource({ "0x01,F_UUT,7.3.2", "0x02,C_BAD_STREAMID,7.3.3", "0x03,F_STE_FETCH,7.3.4", "0x04,C_BAD_STE,7.3.5",
        "0x05,F_BAD_ATS_TREQ,7.3.6", "0x06,F_STREAM_DISABLED,7.3.7", "0x07,F_TRANSL_FORBIDDEN,7.3.8",
        "0x08,C_BAD_SUBSTREAMID,7.3.9", "0x09,F_CD_FETCH,7.3.10", "0x0a,C_BAD_CD,7.3.11", "0x0b,F_WALK_EABT,7.3.12",
        "0x10,F_TRANSLATION,7.3.13", "0x11,F_ADDR_SIZE,7.3.14", "0x12,F_ACCESS,7.3.15", "0x13,F_PERMISSION,7.3.16",
        "0x20,F_TLB_CONFLICT,7.3.17", "0x21,F_CFG_CONFLICT,7.3.18", "0x24,E_PAGE_REQUEST,7.3.19",
        "0x25,F_VMS_FETCH,7.3.20", "0xe0,IMPDEF_EVENT0,7.3.21", "0xef,IMPDEF_EVENT15,7.3.21", "0x30,RESERVED,7.3.21",
        "0x00,RESERVED,7.3.21" })
    void everyEventHasItsNameAndSection(final String code, final String name, final String section) {
        final SmmuEventText text = new SmmuEventText(Long.decode(code), 0, 0, 0);
        assertThat(text.name()).isEqualTo(name);
        assertThat(text.section()).isEqualTo(section);
        assertThat(text.meaning()).endsWith(".");
        assertThat(text.cause()).isNotBlank();
        assertThat(text.lines()).first().asString().startsWith("event " + code + " " + name);
    }

    @Test
    void fieldsOfAStage2PermissionFaultAreSpelledOut() {
        final SmmuEventText text = new SmmuEventText(0x0000_0100_0000_5813L,
                1L << 39 | 1L << 40 | 1L << 44 | 1L << 35 | 1L << 33, 0xFFFF_0000_1234_5678L, 0x0000_0000_4711_0000L);
        assertThat(text.lines()).containsExactly("event 0x13 F_PERMISSION (IHI 0070 7.3.16)",
                "  At stage 2, the translation does not permit the access.",
                "  StreamID     0x100",
                "  SubstreamID  0x5",
                "  access       read",
                "  privilege    privileged",
                "  Stall        no",
                "  InputAddr    0xffff000012345678",
                "  CLASS        Stage 1 translation table fetch",
                "  stage        2",
                "  TTRnW        descriptor read",
                "  IPA          0x47110000",
                "  likely: the guest's translation table lies at an address that the guest does not have");
    }

    @Test
    void onlyRecordsWithASubstreamIdShowOne() {
        assertThat(new SmmuEventText(0x0000_0100_0000_5806L, 0, 0, 0).fields()).extracting(SmmuEventText.Field::name)
                .containsExactly("StreamID");
        assertThat(new SmmuEventText(0x0000_0100_0000_5008L, 0, 0, 0).fields()).last()
                .isEqualTo(new SmmuEventText.Field("SubstreamID", "0x5"));
        assertThat(new SmmuEventText(0x0000_0100_0000_500AL, 0, 0, 0).fields()).last()
                .isEqualTo(new SmmuEventText.Field("SubstreamID", "none"));
    }

    @Test
    void linuxLinesAreThoseOfARealReport() {
        final SmmuEventText text = new SmmuEventText(0x0000_2100_0000_0010L, 0x0000_0200_0000_0000L, 0x100, 0);
        assertThat(text.linux("fc900000.iommu", "0002:21:00.0")).containsExactly(
                "arm-smmu-v3 fc900000.iommu: event 0x10 received:",
                "arm-smmu-v3 fc900000.iommu: \t0x0000210000000010",
                "arm-smmu-v3 fc900000.iommu: \t0x0000020000000000",
                "arm-smmu-v3 fc900000.iommu: \t0x0000000000000100",
                "arm-smmu-v3 fc900000.iommu: \t0x0000000000000000",
                "arm-smmu-v3 fc900000.iommu: event: F_TRANSLATION client: 0002:21:00.0 sid: 0x2100 ssid: 0x0 "
                        + "iova: 0x100 ipa: 0x0",
                "arm-smmu-v3 fc900000.iommu: unpriv data write s1 \"Input address caused fault\" stag: 0x0");
    }

    @Test
    void linuxKnowsNoClientAndNoNameForSome() {
        assertThat(new SmmuEventText(0x0000_0900_0000_0002L, 0, 0, 0).linux("arm-smmu-v3.0.auto", null)).last()
                .isEqualTo("arm-smmu-v3 arm-smmu-v3.0.auto: event: C_BAD_STREAMID client: (unassigned sid) sid: 0x900 "
                        + "ssid: 0x0");
        assertThat(new SmmuEventText(0x0000_0100_0000_0007L, 0, 0, 0).linux("x", "0000:01:00.0")).last()
                .isEqualTo("arm-smmu-v3 x: event: UNKNOWN client: 0000:01:00.0 sid: 0x100 ssid: 0x0");
        assertThat(new SmmuEventText(0x0000_0001_0000_2809L, 0, 0, 0x4000_1008L).linux("x", "d")).last()
                .isEqualTo("arm-smmu-v3 x: event: F_CD_FETCH client: d sid: 0x1 ssid: 0x2 fetch_addr: 0x40001008");
    }

    @Test
    void linuxStallLineNamesTheTag() {
        assertThat(new SmmuEventText(0x10, 0x0000_0208_8000_0176L, 0, 0).linux("x", "d")).last()
                .isEqualTo("arm-smmu-v3 x: unpriv data read s1 \"Input address caused fault\" stall stag: 0x176");
    }
}
