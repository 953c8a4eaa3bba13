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
package io.viommu.bridge.iommufd;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.viommu.bridge.RecordingSink;
import io.viommu.bridge.iommufd.FakeFaultQueue.Answer;
import io.viommu.bridge.linux.Errno;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.PageResponder;

class FaultQueueSourceTest {

    private static final int LAST = 2;
    private static final int READ_WRITE = 3;
    /** One record as a real kernel with the mock driver gave it. */
    private static final String GOLDEN = "02000000 03000000 00000000 02000000 03000000 00000000 00b0adde 00000000 "
            + "00000000 01000000";

    private final Logger log = Logger.getLogger(FaultQueueSource.class.getName());
    private final RecordingSink sink = RecordingSink.keeping();
    private final FakeIommufd kernel = new FakeIommufd();
    private final int device = kernel.device();
    private final Iommufd iommufd = Iommufd.open(kernel);
    private final FaultQueue queue = iommufd.faultQueue();
    private final FakeFaultQueue fake = kernel.queue(queue);
    private final NestedTable table = iommufd.ioas().nestParent(device).nestedVtd(device, 0x1000, 48, 0, queue, false);
    private final FaultQueueSource source = new FaultQueueSource("faults", 9, queue.file(),
            RecoverableForm.PAGE_REQUEST);

    @BeforeEach
    void attach() {
        log.setLevel(Level.OFF);
        kernel.attach(device, table.id());
    }

    @AfterEach
    void detach() {
        kernel.detach(device);
        iommufd.close();
        log.setLevel(null);
    }

    private void requests(final int first, final int count) {
        for (int i = 0; i < count; i++) {
            kernel.pageRequest(device, LAST, 0, first + i, READ_WRITE, 0xdead_b000L + i * 0x1000L);
        }
    }

    private FaultRecord record(final int index) {
        return sink.records.get(index);
    }

    @Test
    void theGoldenRecordOfARealKernelIsReadFieldByField() {
        final ScriptedFile file = new ScriptedFile().gives(GOLDEN);
        final FaultQueueSource golden = new FaultQueueSource("golden", 9, file, RecoverableForm.PAGE_REQUEST);
        assertThat(golden.poll(sink, 64)).isEqualTo(1);
        final FaultRecord seen = record(0);
        assertThat(seen.kind()).isEqualTo(FaultKind.PAGE_REQUEST);
        assertThat(seen.source()).isEqualTo(9);
        assertThat(seen.hostDevice()).isEqualTo(3);
        assertThat(seen.hasPasid()).isFalse();
        assertThat(seen.asReported()).isFalse();
        assertThat(seen.word(0)).isEqualTo(0x2_0000_0002L);
        assertThat(seen.word(1)).isEqualTo(3);
        assertThat(seen.word(2)).isEqualTo(0xdead_b000L);
        golden.respond(9, seen.cookie(), PageResponder.SUCCESS);
        assertThat(file.written).containsExactly("0100000000000000");
    }

    @Test
    void anEmptyQueueIsNotAnEnd() {
        assertThat(source.poll(sink, 64)).isZero();
        assertThat(source.exhausted()).isFalse();
        requests(1, 1);
        assertThat(source.poll(sink, 64)).isEqualTo(1);
    }

    @Test
    void undocumentedFlagsAndPermissionsAreMasked() {
        kernel.pageRequest(device, 0xF7, 0x55, 3, 0xFF, 0x1000);
        source.poll(sink, 64);
        assertThat(record(0).word(0)).isEqualTo(0x3_0000_0003L);
        assertThat(record(0).word(1)).isEqualTo(0xF);
        assertThat(record(0).pasid()).isEqualTo(0x55);
    }

    @Test
    void aBatchThatEndsWithinAGroupGoesOnWhereItStopped() {
        for (int i = 0; i < 5; i++) {
            kernel.pageRequest(device, i == 4 ? LAST : 0, 0, 1, READ_WRITE, i * 0x1000L);
        }
        requests(2, 1);
        assertThat(source.poll(sink, 3)).isEqualTo(3);
        assertThat(source.poll(sink, 3)).isEqualTo(3);
        assertThat(source.poll(sink, 3)).isZero();
        assertThat(sink.records).extracting(r -> r.word(2)).startsWith(0L, 0x1000L, 0x2000L, 0x3000L, 0x4000L);
        assertThat(sink.records.subList(0, 5)).extracting(FaultRecord::cookie).containsOnly(record(0).cookie());
        assertThat(record(5).cookie()).isNotEqualTo(record(0).cookie());
        source.respond(9, record(0).cookie(), PageResponder.SUCCESS);
        assertThat(fake.answers).containsExactly(new Answer(device, 1, 0, false));
    }

    @Test
    void aGroupLargerThanTheBufferIsReadAllTheSame() {
        for (int i = 0; i < 3000; i++) {
            kernel.pageRequest(device, i == 2999 ? LAST : 0, 0, 1, READ_WRITE, i);
        }
        assertThat(source.poll(sink, 5000)).isEqualTo(3000);
        assertThat(record(2999).word(2)).isEqualTo(2999);
        assertThat(source.openGroups()).isEqualTo(1);
    }

    @Test
    void aFailureIsToldToTheKernelAsInvalid() {
        requests(1, 2);
        source.poll(sink, 64);
        source.respond(9, record(0).cookie(), PageResponder.FAILURE);
        source.respond(9, record(1).cookie(), PageResponder.INVALID);
        assertThat(fake.answers).containsExactly(new Answer(device, 1, 1, false), new Answer(device, 2, 1, false));
    }

    @Test
    void anAnswerAfterDetachIsLateAndNoError() {
        requests(1, 1);
        source.poll(sink, 64);
        kernel.detach(device);
        source.respond(9, record(0).cookie(), PageResponder.SUCCESS);
        assertThat(fake.answers).containsExactly(new Answer(device, 1, 1, true));
        assertThat(source.lateAnswers()).isEqualTo(1);
    }

    @Test
    void aLateAnswerNeverReachesTheGroupThatHasTheCookieNow() {
        requests(1, 1);
        source.poll(sink, 64);
        kernel.detach(device);
        kernel.attach(device, table.id());
        requests(2, 1);
        source.poll(sink, 64);
        assertThat((int) record(1).cookie()).as("the kernel's cookie is used again")
                .isEqualTo((int) record(0).cookie());
        source.respond(9, record(0).cookie(), PageResponder.SUCCESS);
        assertThat(fake.answers).containsExactly(new Answer(device, 1, 1, true));
        source.respond(9, record(1).cookie(), PageResponder.SUCCESS);
        assertThat(fake.answers).endsWith(new Answer(device, 2, 0, false));
        source.respond(9, record(1).cookie(), PageResponder.SUCCESS);
        assertThat(source.lateAnswers()).isEqualTo(2);
    }

    @Test
    void answersOfNoGroupAreLate() {
        for (final long cookie : new long[]{ 0, -1, 1, 1L << 32, 5L << 32 | 0x7FFF_FFFF, 1L << 32 | 0xFFFF_FFFFL }) {
            source.respond(9, cookie, PageResponder.SUCCESS);
        }
        assertThat(source.lateAnswers()).isEqualTo(6);
        assertThat(fake.answers).isEmpty();
    }

    @Test
    void aTeardownAnswersWhatIsOpenAndStepsOverWhatTheKernelRefuses() {
        final int other = kernel.device();
        kernel.attach(other, table.id());
        for (int i = 0; i < 200; i++) {
            kernel.pageRequest(i % 3 == 0 ? other : device, LAST, 0, i, READ_WRITE, 0);
        }
        source.poll(sink, 500);
        kernel.detach(other);
        assertThat(source.openGroups()).isEqualTo(200);
        assertThat(source.answerOpen(PageResponder.INVALID)).isEqualTo(133);
        assertThat(source.openGroups()).isZero();
        assertThat(source.lateAnswers()).isEqualTo(67);
        assertThat(fake.answers).filteredOn(answer -> !answer.automatic()).hasSize(133)
                .extracting(Answer::device).containsOnly(device);
        assertThat(source.answerOpen(PageResponder.INVALID)).isZero();
    }

    @Test
    void aPasidThatIsTooWideIsRejectedAndAnswered() {
        kernel.pageRequest(device, LAST | 1, 1 << 20, 1, READ_WRITE, 0);
        kernel.pageRequest(device, LAST | 1, 0xF_FFFF, 2, READ_WRITE, 0);
        assertThat(source.poll(sink, 64)).isEqualTo(2);
        assertThat(sink.rejections).containsExactly(FaultDisposition.MALFORMED);
        assertThat(record(0).pasid()).isEqualTo(0xF_FFFF);
        assertThat(fake.answers).containsExactly(new Answer(device, 1, 1, false));
    }

    @Test
    void aCookieOutOfRangeIsRejectedAndAnswered() {
        final ScriptedFile file = new ScriptedFile().gives(GOLDEN.substring(0, GOLDEN.length() - 8) + "ffffff7f");
        final FaultQueueSource odd = new FaultQueueSource("odd", 9, file, RecoverableForm.PAGE_REQUEST);
        assertThat(odd.poll(sink, 64)).isEqualTo(1);
        assertThat(sink.rejections).containsExactly(FaultDisposition.MALFORMED);
        assertThat(file.written).containsExactly("ffffff7f01000000");
    }

    @Test
    void interruptedAndEmptyReadsAreTriedAgainLater() {
        final FaultQueueSource odd = new FaultQueueSource("odd", 9,
                new ScriptedFile().fails(Errno.EINTR).fails(Errno.EAGAIN).gives(GOLDEN), RecoverableForm.PAGE_REQUEST);
        assertThat(odd.poll(sink, 64)).isZero();
        assertThat(odd.poll(sink, 64)).isZero();
        assertThat(odd.poll(sink, 64)).isEqualTo(1);
        assertThat(odd.exhausted()).isFalse();
    }

    @Test
    void aReadThatCutsARecordBreaksTheSourceWithASentence() {
        final FaultQueueSource odd = new FaultQueueSource("odd", 9, new ScriptedFile().gives("0200000003000000"),
                RecoverableForm.PAGE_REQUEST);
        assertThat(odd.poll(sink, 64)).isZero();
        assertThat(odd.exhausted()).isTrue();
        assertThat(odd.failure()).isEqualTo("The fault queue odd gave 8 bytes, which is not a multiple of 40.");
        assertThat(odd.poll(sink, 64)).isZero();
    }

    @Test
    void aClosedFileBreaksTheSourceWithASentence() {
        queue.file().close();
        assertThat(source.poll(sink, 64)).isZero();
        assertThat(source.failure()).isEqualTo("The fault queue faults can't be read: EBADF (bad file descriptor).");
    }

    @Test
    void aQueueWhoseOtherSideHasGoneEndsOnceItIsEmpty() {
        requests(1, 1);
        source.hungUp();
        assertThat(source.poll(sink, 64)).isEqualTo(1);
        assertThat(source.exhausted()).isTrue();
        assertThat(source.failure()).isEqualTo("The fault queue faults was closed by the other side.");
    }

    @Test
    void aFileThatAlwaysSaysInvalidIsGivenUp() {
        final ScriptedFile file = new ScriptedFile();
        for (int i = 0; i < 20; i++) {
            file.fails(Errno.EINVAL);
        }
        final FaultQueueSource odd = new FaultQueueSource("odd", 9, file, RecoverableForm.PAGE_REQUEST);
        assertThat(odd.poll(sink, 64)).isZero();
        assertThat(odd.failure()).contains("EINVAL");
    }

    @Test
    void aStalledTransactionBecomesAnEventThatStalls() {
        final FaultQueueSource stalls = new FaultQueueSource("stalls", 9, queue.file(), RecoverableForm.STALL);
        kernel.event(device, 0x742_00ab_c812L | 1L << 11, 0x1234 | 1L << 31 | 1L << 35 | 1L << 33 | 2L << 40, 0x2_0000,
                0);
        assertThat(stalls.poll(sink, 64)).isEqualTo(1);
        final FaultRecord seen = record(0);
        assertThat(seen.kind()).isEqualTo(FaultKind.SMMU_EVENT);
        assertThat(List.of(seen.word(0), seen.word(1), seen.word(2), seen.word(3)))
                .containsExactly(0x00ab_c810L, 0x020a_8000_1234L, 0x2_0000L, 0L);
        assertThat(seen.pasid()).isEqualTo(0xabc);
        stalls.respond(9, seen.cookie(), PageResponder.SUCCESS);
        assertThat(fake.answers).containsExactly(new Answer(device, 0x1234, 0, false));
    }

    @Test
    void theFakeRefusesWhatTheKernelRefuses() {
        assertThat(queue.file().read(Arena.ofAuto().allocate(17))).isEqualTo(-Errno.ESPIPE);
        assertThat(queue.file().write(Arena.ofAuto().allocate(12))).isEqualTo(-Errno.ESPIPE);
        requests(1, 1);
        assertThat(queue.file().read(Arena.ofAuto().allocate(0))).isEqualTo(-Errno.EINVAL);
    }
}
