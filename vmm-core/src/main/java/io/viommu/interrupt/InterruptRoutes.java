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

package io.viommu.interrupt;

/**
 * A vIOMMU that tells where interrupt messages go before they are sent, so that the VMM can have the kernel deliver
 * them. What it told stays right: when the guest invalidates what it came of, the route is told anew before the
 * invalidation completes.
 */
public interface InterruptRoutes {

    /**
     * Resolves a route now and from now on; one that is there already is resolved anew. By any thread.
     *
     * @param route the route.
     */
    void add(InterruptRoute route);

    /**
     * Forgets a route: when this has returned it is told nothing any more. By any thread.
     *
     * @param route the route.
     */
    void remove(InterruptRoute route);
}
