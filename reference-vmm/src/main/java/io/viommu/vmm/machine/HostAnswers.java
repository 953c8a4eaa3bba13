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

package io.viommu.vmm.machine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.viommu.fault.PageResponder;
import io.viommu.iommu.HostIommu;

/** What stands in for the hardware: remembers which answers it is owed, and keeps those that came. */
final class HostAnswers implements HostIommu {

    /** A hostile client may ask for ever and never look at the answers; the oldest are forgotten. */
    private static final int MAX_KEPT = 65_536;

    private final Map<Long, PageAnswer> owed = new LinkedHashMap<>();
    private final Map<PageAnswer, Long> cookies = new HashMap<>();
    private final ArrayDeque<PageAnswer> came = new ArrayDeque<>();
    private long lastCookie;

    /** Notes a request that an answer is owed to, and gives it a cookie: that of its group, until the answer came. */
    synchronized long expect(final int device, final int pasid, final int group) {
        final PageAnswer request = new PageAnswer(device, pasid, group, "");
        final Long known = cookies.get(request);
        if (known != null) {
            return known;
        }
        if (owed.size() == MAX_KEPT) {
            cookies.remove(owed.remove(owed.keySet().iterator().next()));
        }
        owed.put(++lastCookie, request);
        cookies.put(request, lastCookie);
        return lastCookie;
    }

    @Override
    public synchronized void respond(final int source, final long cookie, final int code) {
        final PageAnswer request = owed.remove(cookie);
        if (request == null) {
            return;
        }
        cookies.remove(request);
        if (came.size() == MAX_KEPT) {
            came.removeFirst();
        }
        came.addLast(new PageAnswer(request.device(), request.pasid(), request.group(), word(code)));
    }

    private static String word(final int code) {
        return switch (code) {
            case PageResponder.SUCCESS -> "success";
            case PageResponder.INVALID -> "invalid";
            default -> "failure";
        };
    }

    synchronized List<PageAnswer> take() {
        final List<PageAnswer> taken = new ArrayList<>(came);
        came.clear();
        return taken;
    }

    synchronized void reset() {
        owed.clear();
        cookies.clear();
        came.clear();
    }
}
