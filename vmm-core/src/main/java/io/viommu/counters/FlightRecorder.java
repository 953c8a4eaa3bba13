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

package io.viommu.counters;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.PageResponder;
import io.viommu.interrupt.InterruptSink;
import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * Puts what happens on the road into the JDK's flight recorder: {@code viommu.Fault}, {@code viommu.Interrupt} and
 * {@code viommu.Response}. Each is a wrapper to lay around the real thing, and costs one test while nobody records;
 * events are made only while somebody does.
 */
public final class FlightRecorder {

    private static final Fault FAULT = new Fault();
    private static final Interrupt INTERRUPT = new Interrupt();
    private static final Response RESPONSE = new Response();

    private FlightRecorder() {
    }

    /**
     * Records how faults end.
     *
     * @param next learns of them too.
     * @return an observer that may be called wherever {@code next} may.
     */
    public static FaultObserver faults(final FaultObserver next) {
        return (record, disposition) -> {
            if (FAULT.isEnabled()) {
                commit(record, disposition);
            }
            next.settled(record, disposition);
        };
    }

    private static void commit(final FaultRecord record, final FaultDisposition disposition) {
        final Fault event = new Fault();
        event.source = record.source();
        event.hostDevice = record.hostDevice() & 0xFFFF_FFFFL;
        event.guestDevice = record.guestDevice() & 0xFFFF_FFFFL;
        event.kind = record.kind();
        event.outcome = disposition.outcome().text();
        event.disposition = disposition.name();
        event.commit();
    }

    /**
     * Records interrupts.
     *
     * @param next raises them.
     * @return a sink that may be called wherever {@code next} may.
     */
    public static InterruptSink interrupts(final InterruptSink next) {
        return new InterruptSink() {
            @Override
            public boolean message(final long address, final int data) {
                final boolean taken = next.message(address, data);
                if (INTERRUPT.isEnabled()) {
                    commit(true, address, data, taken);
                }
                return taken;
            }

            @Override
            public void line(final int line, final boolean level) {
                next.line(line, level);
                if (INTERRUPT.isEnabled()) {
                    commit(false, line, level ? 1 : 0, true);
                }
            }

            @Override
            public void pulse(final int line) {
                next.pulse(line);
                if (INTERRUPT.isEnabled()) {
                    commit(false, line, 1, true);
                }
            }
        };
    }

    private static void commit(final boolean message, final long target, final int data, final boolean taken) {
        final Interrupt event = new Interrupt();
        event.message = message;
        event.target = target;
        event.data = data & 0xFFFF_FFFFL;
        event.taken = taken;
        event.commit();
    }

    /**
     * Records answers to recoverable faults.
     *
     * @param next brings them to their source.
     * @return a responder that may be called wherever {@code next} may.
     */
    public static PageResponder responses(final PageResponder next) {
        return (source, cookie, code) -> {
            next.respond(source, cookie, code);
            if (RESPONSE.isEnabled()) {
                final Response event = new Response();
                event.source = source;
                event.cookie = cookie;
                event.code = code;
                event.commit();
            }
        };
    }

    @Name("viommu.Fault")
    @Label("Fault")
    @Category("viommu")
    @StackTrace(false)
    static final class Fault extends Event {
        @Label("Source")
        int source;
        @Label("Host device")
        long hostDevice;
        @Label("Guest device")
        long guestDevice;
        @Label("Kind")
        int kind;
        @Label("Outcome")
        String outcome;
        @Label("Disposition")
        String disposition;
    }

    @Name("viommu.Interrupt")
    @Label("Interrupt")
    @Category("viommu")
    @StackTrace(false)
    static final class Interrupt extends Event {
        @Label("Message")
        boolean message;
        @Label("Address or line")
        long target;
        @Label("Data or level")
        long data;
        @Label("Taken")
        boolean taken;
    }

    @Name("viommu.Response")
    @Label("Page response")
    @Category("viommu")
    @StackTrace(false)
    static final class Response extends Event {
        @Label("Source")
        int source;
        @Label("Cookie")
        long cookie;
        @Label("Code")
        int code;
    }
}
