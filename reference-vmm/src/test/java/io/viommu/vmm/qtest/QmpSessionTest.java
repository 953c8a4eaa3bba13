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

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.Test;

class QmpSessionTest {

    private static final String HELLO = "{\"execute\": \"qmp_capabilities\"}\n";

    private final TestDoor door = new TestDoor();
    private final AtomicBoolean ended = new AtomicBoolean();

    private List<Map<?, ?>> say(final String text) throws IOException {
        return say(text.getBytes(StandardCharsets.UTF_8));
    }

    private List<Map<?, ?>> say(final byte[] bytes) throws IOException {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        new QmpSession(new Endpoint(new ByteArrayInputStream(bytes), out),
                new QmpCommands(door.door, () -> ended.set(true))).run();
        final List<Map<?, ?>> answers = new ArrayList<>();
        for (final String line : out.toString(StandardCharsets.UTF_8).split("\r\n")) {
            answers.add((Map<?, ?>) Json.read(line));
        }
        return answers;
    }

    @Test
    void theGreetingComesFirstAndNegotiationUnlocksCommands() throws IOException {
        final List<Map<?, ?>> answers = say("{'execute': 'query-status'} " + HELLO
                + "{\"execute\": \"query-status\", \"id\": [7, \"x\"]}");
        assertThat(answers).hasSize(4);
        assertThat(answers.get(0).get("QMP").toString()).contains("version", "capabilities=[]");
        assertThat(answers.get(1).get("error").toString()).contains("CommandNotFound");
        assertThat(answers.get(2)).isEqualTo(Map.of("return", Map.of()));
        assertThat(answers.get(3)).isEqualTo(Map.of("return", Map.of("status", "running", "running", true), "id",
                List.of(7, "x")));
    }

    @Test
    void machinesAndDevicesAreListedAsAClientLooksForThem() throws IOException {
        final List<Map<?, ?>> answers = say(HELLO + "{\"execute\": \"query-machines\"}{\"execute\": \"qom-list-types\","
                + "\n \"arguments\": {\"implements\": \"device\", \"abstract\": false}}");
        final List<?> machines = (List<?>) answers.get(2).get("return");
        assertThat(machines.toString()).contains("name=virt-11.1, alias=virt").contains("alias=q35")
                .contains("name=none").contains("cpu-max", "hotpluggable-cpus", "numa-mem-supported", "deprecated",
                        "acpi");
        assertThat(answers.get(3).get("return").toString()).contains("{name=iommu-testdev}", "{name=edu}",
                "{name=arm-smmuv3}", "{name=intel-iommu}");
    }

    @Test
    void resetHappensBeforeItsAnswerAndIsFollowedByItsEvent() throws IOException {
        door.ok("viommu_machine -machine virt" + TestDoor.DEVICES);
        assertThat(door.ok("readl 0x10100000")).endsWith("10000ed");
        final List<Map<?, ?>> answers = say(HELLO + "{\"execute\": \"system_reset\"}");
        assertThat(answers.get(2)).isEqualTo(Map.of("return", Map.of()));
        assertThat(answers.get(3).get("event")).isEqualTo("RESET");
        assertThat(answers.get(3).get("timestamp").toString()).contains("seconds", "microseconds");
        assertThat(door.ok("readl 0x10100000")).as("BARs are unassigned").endsWith("ffffffff");
    }

    @Test
    void quitIsAnsweredBeforeTheProgramEnds() throws IOException {
        final List<Map<?, ?>> answers = say(HELLO + "{\"execute\": \"quit\"}");
        assertThat(answers.get(2)).isEqualTo(Map.of("return", Map.of()));
        assertThat(answers.get(3).get("event")).isEqualTo("SHUTDOWN");
        assertThat(ended).isTrue();
    }

    @Test
    void whatIsUnknownOrMalformedGetsAnErrorAndTheNextCommandItsAnswer() throws IOException {
        final List<Map<?, ?>> answers = say(HELLO + "{\"execute\": \"fly\", \"id\": 1}\nrubbish\n{\"execute\" 1}\n[]\n"
                + "{\"run\": \"query-status\"}{\"execute\": \"device-list-properties\"}{\"execute\": \"query-version\"}");
        assertThat(answers.get(2).get("error").toString()).contains("CommandNotFound").contains("'fly'");
        assertThat(answers.get(2).get("id")).isEqualTo(1);
        for (int i = 3; i <= 7; i++) {
            assertThat(answers.get(i).get("error").toString()).contains("GenericError");
        }
        assertThat(answers.get(8).get("return").toString()).contains("major=11");
    }

    @Test
    void hostileBytesNeverEndTheSession() throws IOException {
        final Random random = new Random(7);
        for (int round = 0; round < 300; round++) {
            final byte[] bytes = new byte[random.nextInt(200)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (random.nextBoolean()
                        ? "{}[]\"':,\\ \nexecute".charAt(random.nextInt(18))
                        : random.nextInt(256));
            }
            assertThat(say(bytes).get(0).get("QMP")).isNotNull();
        }
        final String deep = "{\"execute\": " + "[".repeat(5000) + "]".repeat(5000) + "}\n";
        assertThat(say(HELLO + deep).get(2).get("error").toString()).contains("not JSON");
    }
}
