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

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The routes of a vIOMMU, which resolves them by a function of its own. Any thread may call any method. */
public final class RouteList implements InterruptRoutes {

    private final Resolver resolver;
    private final List<InterruptRoute> routes = new ArrayList<>();

    /** Where messages go at this moment; called by one thread at a time. */
    @FunctionalInterface
    public interface Resolver {

        /**
         * Tells a route where its message goes.
         *
         * @param route {@link InterruptRoute#resolved} or {@link InterruptRoute#unresolved} of it is called, once.
         */
        void resolve(InterruptRoute route);
    }

    /**
     * Makes an empty list.
     *
     * @param resolver looks a message up.
     */
    public RouteList(final Resolver resolver) {
        this.resolver = Objects.requireNonNull(resolver, "resolver");
    }

    @Override
    public synchronized void add(final InterruptRoute route) {
        if (!routes.contains(route)) {
            routes.add(route);
        }
        resolver.resolve(route);
        route.settled();
    }

    @Override
    public synchronized void remove(final InterruptRoute route) {
        routes.remove(route);
    }

    /** Resolves all routes anew, because the guest invalidated what they may have come of. */
    public synchronized void refresh() {
        for (int i = 0; i < routes.size(); i++) {
            resolver.resolve(routes.get(i));
        }
        for (int i = 0; i < routes.size(); i++) {
            routes.get(i).settled();
        }
    }
}
