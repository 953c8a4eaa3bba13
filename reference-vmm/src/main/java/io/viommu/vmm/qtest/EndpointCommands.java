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

import java.util.Map;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.fault.GenericFault;
import io.viommu.iommu.AtsSession;
import io.viommu.iommu.DmaSession;
import io.viommu.vmm.machine.AtsAnswer;
import io.viommu.vmm.machine.DmaPath;
import io.viommu.vmm.machine.FaultDraft;
import io.viommu.vmm.machine.PageAnswer;

/** What an endpoint behind the IOMMU can do, whether or not a device of that StreamID or source-id is plugged in. */
final class EndpointCommands {

    static final long LAST_DEVICE = 0xFFFF_FFFFL;
    static final int LAST_PASID = 0xFFFFF;

    private static final int LAST_GROUP = 0x1FF;
    private static final String FAULT = "fault";

    private final Door door;

    EndpointCommands(final Door door) {
        this.door = door;
    }

    void addTo(final Map<String, QtestProtocol.Command> commands) {
        commands.put("viommu_dma", this::dma);
        commands.put("viommu_ats", this::translation);
        commands.put("viommu_devmsi", this::message);
        commands.put("viommu_pri", this::pageRequest);
        commands.put("viommu_pri_answers", this::pageAnswers);
    }

    private String dma(final Words words) {
        final String direction = words.word("DIRECTION");
        if (!direction.equals("r") && !direction.equals("w")) {
            throw new Refusal("viommu_dma: DIRECTION must be r or w, not '" + Words.shown(direction) + "'");
        }
        final int device = device(words);
        final long iova = words.number("IOVA");
        final DmaPath path = door.machine().dma();
        if (direction.equals("w")) {
            final byte[] data = HexBytes.parse(words.command(), "DATA", words.word("DATA"));
            final boolean done = path.write(requester(words, device), iova, new UnsafeBuffer(data), 0, data.length);
            return done ? "ok" : FAULT;
        }
        final byte[] data = new byte[(int) words.number("LEN", 1, MemoryCommands.MAX_LENGTH)];
        final boolean done = path.read(requester(words, device), iova, new UnsafeBuffer(data), 0, data.length);
        return done ? "ok " + HexBytes.text(data) : FAULT;
    }

    static int device(final Words words) {
        return (int) words.number("SID", 0, LAST_DEVICE);
    }

    /** The optional words at the end of a request. */
    private static DmaPath.Requester requester(final Words words, final int device) {
        int pasid = DmaSession.NO_PASID;
        int access = 0;
        while (words.more()) {
            final String word = words.word("ATTRIBUTE");
            if (word.startsWith("ssid=")) {
                pasid = (int) words.bounded("ssid", words.number("ssid", word.substring(5)), 0, LAST_PASID);
            } else if (word.equals("priv")) {
                access |= DmaSession.PRIVILEGED;
            } else if (word.equals("exec")) {
                access |= DmaSession.EXECUTE;
            } else {
                throw new Refusal(words.command() + ": an attribute must be ssid=N, priv or exec, not '"
                        + Words.shown(word) + "'");
            }
        }
        return new DmaPath.Requester(device, pasid, access);
    }

    /** The base and the size of the region around the address, and what is allowed there. */
    private String translation(final Words words) {
        final int device = device(words);
        final long iova = words.number("IOVA");
        final boolean write = words.take("w");
        final DmaPath.Requester requester = requester(words, device);
        final AtsAnswer answer = door.iommu().requestTranslation(requester, iova, write);
        return switch (answer.status()) {
            case AtsSession.ATS_SUCCESS -> "0x" + Long.toHexString(answer.address()) + " 0x"
                    + Long.toHexString(answer.size()) + " " + rights(answer.rights());
            case AtsSession.ATS_UNSUPPORTED -> FAULT + " unsupported";
            default -> FAULT + " abort";
        };
    }

    private static String rights(final int rights) {
        final String text = ((rights & AtsSession.ATS_READ) != 0 ? "r" : "")
                + ((rights & AtsSession.ATS_WRITE) != 0 ? "w" : "")
                + ((rights & AtsSession.ATS_EXECUTE) != 0 ? "x" : "");
        return text.isEmpty() ? "none" : text;
    }

    private String message(final Words words) {
        final int device = device(words);
        final long address = words.number("ADDR");
        final int data = (int) words.number("DATA", 0, 0xFFFF_FFFFL);
        words.end();
        door.machine().dma().message(device, address, data);
        return "";
    }

    private String pageRequest(final Words words) {
        final int device = device(words);
        final long iova = words.number("IOVA");
        final int group = (int) words.number("PRGI", 0, LAST_GROUP);
        int permissions = permissions(words.command(), words.word("ACCESS"));
        final boolean last = words.take("last");
        final DmaPath.Requester requester = requester(words, device);
        if ((requester.access() & DmaSession.PRIVILEGED) != 0) {
            permissions |= GenericFault.PERM_PRIV;
        }
        if ((requester.access() & DmaSession.EXECUTE) != 0) {
            permissions |= GenericFault.PERM_EXEC;
        }
        final FaultDraft draft = PhysicalFault.pageRequest(device, requester.pasid(), iova, group, last, permissions);
        door.iommu().faults().deliver(draft);
        return "";
    }

    /** Which of r, w, x and p (privileged) a word has. */
    static int permissions(final String command, final String word) {
        int permissions = 0;
        for (int i = 0; i < word.length(); i++) {
            permissions |= switch (word.charAt(i)) {
                case 'r' -> GenericFault.PERM_READ;
                case 'w' -> GenericFault.PERM_WRITE;
                case 'x' -> GenericFault.PERM_EXEC;
                case 'p' -> GenericFault.PERM_PRIV;
                default -> throw new Refusal(command + ": an access must be made of r, w, x and p, not '"
                        + Words.shown(word) + "'");
            };
        }
        return permissions;
    }

    private String pageAnswers(final Words words) {
        words.end();
        final StringBuilder json = new StringBuilder("[");
        for (final PageAnswer answer : door.iommu().faults().takeAnswers()) {
            json.append(json.length() > 1 ? ", " : "").append("{\"sid\": ")
                    .append(Integer.toUnsignedString(answer.device())).append(", \"ssid\": ")
                    .append(answer.pasid() < 0 ? "null" : Integer.toString(answer.pasid())).append(", \"prgi\": ")
                    .append(answer.group()).append(", \"code\": \"").append(answer.code()).append("\"}");
        }
        return json.append(']').toString();
    }
}
