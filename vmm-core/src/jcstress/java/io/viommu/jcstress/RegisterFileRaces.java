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
package io.viommu.jcstress;

import java.util.List;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.J_Result;

import io.viommu.device.Register;
import io.viommu.device.RegisterFile;

/** One register under a vCPU and an injector, or under two vCPUs. */
public class RegisterFileRaces {

    private static final Register WIDE = Register.readWrite64("WIDE", 0, 0, -1L);
    /** Bit 0 is cleared by writing 1 to it. */
    private static final Register STATUS = new Register("STATUS", 8, 4, 1, 0, 1);

    private static RegisterFile registers() {
        return new RegisterFile(16, List.of(WIDE, STATUS));
    }

    /** 64 bits are written and read whole. */
    @JCStressTest
    @Outcome(id = "0, -1", expect = Expect.ACCEPTABLE, desc = "before")
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "after")
    @Outcome(expect = Expect.FORBIDDEN, desc = "torn")
    @State
    public static class WholeWord {
        private final RegisterFile registers = registers();

        @Actor
        public void write() {
            registers.write(0, 8, -1L);
        }

        @Actor
        public void read(final JJ_Result seen) {
            seen.r1 = registers.read(0, 8);
        }

        @Arbiter
        public void after(final JJ_Result seen) {
            seen.r2 = registers.get(WIDE);
        }
    }

    /** The halves of a register, written by two vCPUs, are both there. */
    @JCStressTest
    @Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "both")
    @Outcome(expect = Expect.FORBIDDEN, desc = "one is lost")
    @State
    public static class TwoHalves {
        private final RegisterFile registers = registers();

        @Actor
        public void low() {
            registers.write(0, 4, 0xFFFF_FFFFL);
        }

        @Actor
        public void high() {
            registers.write(4, 4, 0xFFFF_FFFFL);
        }

        @Arbiter
        public void after(final J_Result seen) {
            seen.r1 = registers.read(0, 8);
        }
    }

    /** A guest clears one status bit while the device sets another, and both happen. */
    @JCStressTest
    @Outcome(id = "1, 2", expect = Expect.ACCEPTABLE, desc = "cleared first")
    @Outcome(id = "3, 2", expect = Expect.ACCEPTABLE, desc = "set first")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a change is lost")
    @State
    public static class ClearAgainstSet {
        private final RegisterFile registers = registers();
        private int before;

        /** The guest's handler is told what it cleared. */
        public ClearAgainstSet() {
            registers.onWrite(STATUS, (was, is, written, lanes) -> before = (int) was);
        }

        @Actor
        public void guest(final II_Result seen) {
            registers.write(8, 4, 1);
            seen.r1 = before;
        }

        @Actor
        public void device() {
            registers.update(STATUS, 0, 2);
        }

        @Arbiter
        public void after(final II_Result seen) {
            seen.r2 = (int) registers.get(STATUS);
        }
    }

    /** Two sources toggle a bit each, as GERROR's do. */
    @JCStressTest
    @Outcome(id = "6", expect = Expect.ACCEPTABLE, desc = "both")
    @Outcome(expect = Expect.FORBIDDEN, desc = "one is lost")
    @State
    public static class TwoSources {
        private final RegisterFile registers = registers();

        @Actor
        public void one() {
            registers.update(STATUS, 1, 2);
        }

        @Actor
        public void other() {
            registers.update(STATUS, 1, 4);
        }

        @Arbiter
        public void after(final J_Result seen) {
            seen.r1 = registers.get(STATUS);
        }
    }
}
