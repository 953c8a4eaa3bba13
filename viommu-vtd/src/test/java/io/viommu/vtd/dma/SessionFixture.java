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

package io.viommu.vtd.dma;

import io.viommu.fault.FaultOutlet;
import io.viommu.vtd.RecordingPort;
import io.viommu.vtd.TestTables;
import io.viommu.vtd.command.InvalidationSink;
import io.viommu.vtd.remap.InterruptContext;
import io.viommu.vtd.remap.VtdInterruptRemapper;

/** A translator over {@link TestTables}, with one session. */
final class SessionFixture {

    final TestTables tables;
    final RecordingPort port = new RecordingPort();
    final VtdDmaTranslator translator;
    final VtdSession session;
    final InvalidationSink invalidations;

    SessionFixture(final TestTables tables) {
        this.tables = tables;
        final FaultOutlet outlet = new FaultOutlet();
        outlet.connect(port);
        final VtdInterruptRemapper remapper = new VtdInterruptRemapper(tables.memory, new io.viommu.vtd.Messages(),
                outlet, InterruptContext.reset(tables.context().capabilities(), 46));
        translator = new VtdDmaTranslator(tables.memory, tables.context(), outlet, remapper, 64);
        session = translator.openSession();
        invalidations = translator.invalidations();
    }

    /** Puts changed capabilities or registers into effect. */
    SessionFixture update() {
        translator.update(tables.context());
        return this;
    }

    int translate(final int pasid, final long iova, final int access) {
        session.begin();
        try {
            return session.translate(TestTables.SID, pasid, iova, access);
        } finally {
            session.end();
        }
    }

    /** Translates without PASID. */
    int translate(final long iova, final int access) {
        return translate(TestTables.NO_PASID, iova, access);
    }

    /** Where a read goes, or -1 if it is aborted. */
    long address(final int pasid, final long iova) {
        return translate(pasid, iova, TestTables.READ) == VtdSession.OK ? session.address() : -1;
    }

    /** The last record. */
    String record() {
        return port.words.isEmpty() ? null : port.words.get(port.words.size() - 1);
    }
}
