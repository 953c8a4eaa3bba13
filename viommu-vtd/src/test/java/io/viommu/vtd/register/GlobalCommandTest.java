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

package io.viommu.vtd.register;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import org.junit.jupiter.api.Test;

import io.viommu.vtd.TestGuest;
import io.viommu.vtd.spec.VtdRegisters;

/** VT-d 11.4.4 and the rules of one-shots and levels. */
class GlobalCommandTest {

    private static final long GCMD = 0x18;
    private static final long GSTS = 0x1C;
    private static final Drain IDLE = new Drain(nanos -> true, () -> false);

    private final TestGuest guest = new TestGuest();

    @Test
    void oneShotsShowTheirStatusAndKeepItWhenTheBitIsCleared() {
        guest.writel(GCMD, 1L << 30);
        assertThat(guest.readl(GSTS)).isEqualTo(0x4000_0000L);
        guest.writel(GCMD, 1L << 24);
        assertThat(guest.readl(GSTS)).isEqualTo(0x4100_0000L);
        guest.writel(GCMD, 0);
        assertThat(guest.readl(GSTS)).as("a cleared one-shot undoes nothing").isEqualTo(0x4100_0000L);
        assertThat(guest.readl(GCMD)).as("write-only").isZero();
    }

    @Test
    void levelsFollowTheCommand() {
        guest.writel(GCMD, 1L << 31 | 1L << 26 | 1L << 25 | 1L << 23);
        assertThat(guest.readl(GSTS)).isEqualTo(0x8680_0000L);
        guest.writel(GCMD, 1L << 26);
        assertThat(guest.readl(GSTS)).isEqualTo(0x0400_0000L);
    }

    @Test
    void softwareThatWritesBackOneShotsRepeatsThemHarmlessly() {
        guest.writel(GCMD, 1L << 30);
        guest.writel(GCMD, guest.readl(GSTS) | 1L << 24);
        guest.writel(GCMD, guest.readl(GSTS) | 1L << 31);
        assertThat(guest.readl(GSTS)).isEqualTo(0xC100_0000L);
    }

    @Test
    void writeBufferFlushIsDoneWhenTheWriteReturns() {
        guest.writel(GCMD, 1L << 27);
        assertThat(guest.readl(GSTS)).isZero();
    }

    @Test
    void commandsOfAbsentFeaturesAreIgnored() {
        final TestGuest plain = new TestGuest(Map.of("intremap", "off", "dma-translation", "off", "compat", "qemu"));
        plain.writel(GCMD, 0xFFFF_FFFFL);
        assertThat(plain.readl(GSTS)).as("no IR, no DMA remapping, no advanced log").isEqualTo(0x4400_0000L);
    }

    @Test
    void tableRegistersTakeEffectOnlyWithTheirOneShot() {
        final RegisterFrame frame = new RegisterFrame(new VtdCapabilities(0x80d2008c222f0606L, 0xf00f4aL), false);
        final RemappingState state = new RemappingState(frame.registers());
        new GlobalCommand(frame, state, new Steps(frame), IDLE);
        frame.registers().write(0x20, 8, 0x1234_5400L);
        frame.registers().write(0xB8, 8, 0x9876_580FL);
        assertThat(state.rootTable()).isZero();
        frame.registers().write(GCMD, 4, 1L << 30);
        assertThat(state.rootTable()).isEqualTo(0x1234_5400L);
        assertThat(state.translationMode()).isEqualTo(1);
        assertThat(state.interruptTable()).isZero();
        frame.registers().write(0x20, 8, 0);
        assertThat(state.rootTable()).as("latched").isEqualTo(0x1234_5400L);
        frame.registers().write(GCMD, 4, 1L << 24);
        assertThat(state.interruptTable()).isEqualTo(0x9876_580FL);
    }

    @Test
    void tablePointersAreTakenBeforeAnythingIsSwitchedOn() {
        final VtdCapabilities capabilities = new VtdCapabilities(0x80d2008c222f0606L, 0xf00f4aL);
        final RegisterFrame frame = new RegisterFrame(capabilities, false);
        final Steps steps = new Steps(frame);
        new GlobalCommand(frame, new RemappingState(frame.registers()), steps,
                IDLE);
        frame.registers().write(GCMD, 4, 0xFFFF_FFFFL);
        assertThat(steps.text.toString())
                .isEqualTo("root@00000000 irt@40000000 cfi+@41000000 qi+@41800000 te+@45800000 ire+@c5800000 ");
        steps.text.setLength(0);
        frame.registers().write(GCMD, 4, 0);
        frame.registers().write(GCMD, 4, 0);
        assertThat(steps.text.toString()).as("a level acts when it changes").isEqualTo(
                "cfi-@c7800000 qi-@c7000000 te-@c3000000 ire-@43000000 ");
    }

    /** Writes down each step with GSTS as another vCPU sees it meanwhile. */
    private static final class Steps implements FrameListener {
        private final RegisterFrame frame;
        private final StringBuilder text = new StringBuilder();

        Steps(final RegisterFrame frame) {
            this.frame = frame;
        }

        private void step(final String name) {
            text.append(String.format("%s@%08x ", name, frame.registers().read(GSTS, 4)));
        }

        @Override
        public void rootTableSet() {
            step("root");
        }

        @Override
        public void interruptTableSet() {
            step("irt");
        }

        @Override
        public void translationSwitched(final boolean on) {
            step(on ? "te+" : "te-");
        }

        @Override
        public void interruptRemappingSwitched(final boolean on) {
            step(on ? "ire+" : "ire-");
        }

        @Override
        public void compatibilityInterruptsSwitched(final boolean pass) {
            step(pass ? "cfi+" : "cfi-");
        }

        @Override
        public void queuedInvalidationSwitched(final boolean on) {
            step(on ? "qi+" : "qi-");
            frame.registers().update(VtdRegisters.GSTS, 1L << 26, on ? 1L << 26 : 0);
        }

        @Override
        public void remappingSwitched() {
            // no faults to begin anew
        }
    }
}
