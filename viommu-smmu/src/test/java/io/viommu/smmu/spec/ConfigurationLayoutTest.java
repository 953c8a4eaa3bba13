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
package io.viommu.smmu.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

import org.junit.jupiter.api.Test;

/** Golden vectors: bytes written by another program, with the values that it says it put there. */
class ConfigurationLayoutTest {

    /** Valid, Config 7, S1ContextPtr 0x41300000, VMID 7, T0SZ 25, SL0 1, 4 KiB, S2PS 4, AA64, S2R, S2TTB 0x44000000. */
    private static final String NESTED_STE = "0f0030410000000000000000000000000700000059350c0400000044000000000000"
            + "000000000000000000000000000000000000000000000000000000000000";

    /** T0SZ 16, TG0 4 KiB, EPD1, V, IPS 4, AA64, R, A, ASID 1, TTB0 0x42000000, MAIR 0xff440c0400. */
    private static final String CD = "103590c004e201000000004200000000000000000000000000040c44ff0000000000000000000000"
            + "000000000000000000000000000000000000000000000000";

    @Test
    void stageOneFieldsOfTheStreamTableEntryLieWhereGoldenBytesHaveThem() {
        final long word = words(NESTED_STE)[0];
        assertThat(word & StreamTableEntryLayout.V).isEqualTo(1);
        assertThat(word >>> StreamTableEntryLayout.CONFIG_SHIFT & 7).isEqualTo(7);
        assertThat(word >>> StreamTableEntryLayout.S1FMT_SHIFT & 3).isZero();
        assertThat(word & StreamTableEntryLayout.S1_CONTEXT_PTR).isEqualTo(0x4130_0000L);
        assertThat(word >>> StreamTableEntryLayout.S1CDMAX_SHIFT).isZero();
    }

    @Test
    void stageTwoFieldsOfTheStreamTableEntryLieWhereGoldenBytesHaveThem() {
        final long word = words(NESTED_STE)[2];
        assertThat(word >>> StreamTableEntryLayout.S2VMID_SHIFT & 0xFFFF).isEqualTo(7);
        assertThat(word >>> StreamTableEntryLayout.S2T0SZ_SHIFT & 0x3F).isEqualTo(25);
        assertThat(word >>> StreamTableEntryLayout.S2SL0_SHIFT & 3).isEqualTo(1);
        assertThat(word >>> StreamTableEntryLayout.S2TG_SHIFT & 3).isZero();
        assertThat(word >>> StreamTableEntryLayout.S2PS_SHIFT & 7).isEqualTo(4);
        assertThat(word & StreamTableEntryLayout.S2AA64).isNotZero();
        assertThat(word & StreamTableEntryLayout.S2R).isNotZero();
        assertThat(word & (StreamTableEntryLayout.S2S | StreamTableEntryLayout.S2HA | StreamTableEntryLayout.S2HD
                | StreamTableEntryLayout.S2PTW | StreamTableEntryLayout.S2AFFD | StreamTableEntryLayout.S2ENDI))
                .isZero();
        assertThat(words(NESTED_STE)[3] & StreamTableEntryLayout.S2TTB).isEqualTo(0x4400_0000L);
    }

    /** The second word, bit by bit as the architecture numbers them within the 512-bit entry. */
    @Test
    void overridesAndSubstreamFieldsLieAtTheirBitsOfTheEntry() {
        assertThat(64 + StreamTableEntryLayout.S1DSS_SHIFT).isEqualTo(64);
        assertThat(StreamTableEntryLayout.MEV).isEqualTo(1L << 83 - 64);
        assertThat(StreamTableEntryLayout.S1STALLD).isEqualTo(1L << 91 - 64);
        assertThat(64 + StreamTableEntryLayout.EATS_SHIFT).isEqualTo(92);
        assertThat(64 + StreamTableEntryLayout.STRW_SHIFT).isEqualTo(94);
        assertThat(64 + StreamTableEntryLayout.PRIVCFG_SHIFT).isEqualTo(112);
        assertThat(64 + StreamTableEntryLayout.INSTCFG_SHIFT).isEqualTo(114);
    }

    @Test
    void fieldsOfTheContextDescriptorLieWhereGoldenBytesHaveThem() {
        final long[] words = words(CD);
        final long word = words[0];
        assertThat(word >>> ContextDescriptorLayout.T0SZ_SHIFT & 0x3F).isEqualTo(16);
        assertThat(word >>> ContextDescriptorLayout.TG0_SHIFT & 3).isZero();
        assertThat(word & ContextDescriptorLayout.EPD0).isZero();
        assertThat(word & ContextDescriptorLayout.ENDI).isZero();
        assertThat(word >>> ContextDescriptorLayout.T1SZ_SHIFT & 0x3F).isEqualTo(16);
        assertThat(word >>> ContextDescriptorLayout.TG1_SHIFT & 3).isEqualTo(2);
        assertThat(word & ContextDescriptorLayout.EPD1).isNotZero();
        assertThat(word & ContextDescriptorLayout.V).isNotZero();
        assertThat(word >>> ContextDescriptorLayout.IPS_SHIFT & 7).isEqualTo(4);
        assertThat(word & (ContextDescriptorLayout.AFFD | ContextDescriptorLayout.WXN | ContextDescriptorLayout.UWXN
                | ContextDescriptorLayout.TBI0 | ContextDescriptorLayout.TBI1 | ContextDescriptorLayout.PAN
                | ContextDescriptorLayout.HD | ContextDescriptorLayout.HA | ContextDescriptorLayout.S)).isZero();
        assertThat(word & ContextDescriptorLayout.AA64).isNotZero();
        assertThat(word & ContextDescriptorLayout.R).isNotZero();
        assertThat(word & ContextDescriptorLayout.A).isNotZero();
        assertThat(word & ContextDescriptorLayout.ASET).isNotZero();
        assertThat(word >>> ContextDescriptorLayout.ASID_SHIFT).isEqualTo(1);
        assertThat(words[1] & ContextDescriptorLayout.TTB).isEqualTo(0x4200_0000L);
        assertThat(words[1] & ContextDescriptorLayout.HAD).isZero();
        assertThat(words[2]).isZero();
        assertThat(words[3]).isEqualTo(0xFF_440C_0400L);
    }

    /** 0x48010743 is a valid user-accessible, writable page, nG clear, AF set; 0x480107c3 the same read-only. */
    @Test
    void fieldsOfPageDescriptorsLieWhereGoldenBytesHaveThem() {
        assertThat(0x4801_0743L & (TranslationDescriptorLayout.V | TranslationDescriptorLayout.TABLE)).isEqualTo(3);
        assertThat(0x4801_0743L & TranslationDescriptorLayout.ADDRESS).isEqualTo(0x4801_0000L);
        assertThat(0x4801_0743L & TranslationDescriptorLayout.AP_USER).isNotZero();
        assertThat(0x4801_0743L & TranslationDescriptorLayout.AP_READ_ONLY).isZero();
        assertThat(0x4801_0743L & TranslationDescriptorLayout.AF).isNotZero();
        assertThat(0x4801_0743L & TranslationDescriptorLayout.NG).isZero();
        assertThat(0x4801_07C3L & TranslationDescriptorLayout.AP_READ_ONLY).isNotZero();
        assertThat(0x4801_07FFL & TranslationDescriptorLayout.S2AP_WRITE).isNotZero();
        assertThat(0x4801_077FL & TranslationDescriptorLayout.S2AP_WRITE).isZero();
    }

    @Test
    void upperAttributesOfTranslationDescriptorsLieAtTheirBits() {
        assertThat(TranslationDescriptorLayout.DBM).isEqualTo(0x0008_0000_0000_0000L);
        assertThat(TranslationDescriptorLayout.CONTIGUOUS).isEqualTo(0x0010_0000_0000_0000L);
        assertThat(TranslationDescriptorLayout.PXN).isEqualTo(0x0020_0000_0000_0000L);
        assertThat(TranslationDescriptorLayout.UXN).isEqualTo(0x0040_0000_0000_0000L);
        assertThat(TranslationDescriptorLayout.PXN_TABLE).isEqualTo(0x0800_0000_0000_0000L);
        assertThat(TranslationDescriptorLayout.UXN_TABLE).isEqualTo(0x1000_0000_0000_0000L);
        assertThat(TranslationDescriptorLayout.AP_TABLE_NO_USER).isEqualTo(0x2000_0000_0000_0000L);
        assertThat(TranslationDescriptorLayout.AP_TABLE_READ_ONLY).isEqualTo(0x4000_0000_0000_0000L);
    }

    @Test
    void pointersOfLevelOneDescriptorsKeepTheirAddressBits() {
        assertThat(0x4150_0007L & StreamTableDescriptorLayout.SPAN).isEqualTo(7);
        assertThat(-1L & StreamTableDescriptorLayout.L2PTR).isEqualTo(0x000F_FFFF_FFFF_FFC0L);
        assertThat(-1L & ContextTableDescriptorLayout.L2PTR).isEqualTo(0x000F_FFFF_FFFF_F000L);
    }

    private static long[] words(final String hex) {
        final byte[] bytes = HexFormat.of().parseHex(hex);
        assertThat(bytes).hasSize(64);
        final long[] words = new long[8];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(words);
        return words;
    }
}
