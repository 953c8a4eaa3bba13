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

import java.util.ArrayList;
import java.util.List;

import io.viommu.bridge.linux.LinuxException;

/**
 * An object of the kernel, known by its id. Closing it first closes everything made on top of it, the youngest first,
 * as the kernel refuses to destroy what is in use (EBUSY). For set-up, by any thread.
 */
public abstract sealed class IommufdObject implements AutoCloseable
        permits Ioas, NestParent, NestedTable, Viommu, Vdevice, FaultQueue, VeventQueue {

    private final Iommufd iommufd;
    private final String kind;
    private final int id;
    private final IommufdObject[] bases;
    private final List<IommufdObject> dependants = new ArrayList<>();
    private boolean closed;

    IommufdObject(final Iommufd iommufd, final String kind, final int id, final IommufdObject... bases) {
        this.iommufd = iommufd;
        this.kind = kind;
        this.id = id;
        this.bases = bases;
    }

    /** Registers a finished object with what it stands on; called by the constructors of the final classes. */
    final void register() {
        for (final IommufdObject base : bases) {
            synchronized (base) {
                base.dependants.add(this);
            }
        }
        if (bases.length == 0) {
            iommufd.addRoot(this);
        }
    }

    /**
     * The kernel's name of the object.
     *
     * @return the id.
     */
    public final int id() {
        return id;
    }

    /**
     * Whose object it is.
     *
     * @return the open /dev/iommu.
     */
    public final Iommufd iommufd() {
        return iommufd;
    }

    /** Lets go of what keeps the object in use: its descriptor. */
    void release() {
        // most have none
    }

    /**
     * Closes what was made on top of it, then the object.
     *
     * @throws LinuxException in one sentence, if the kernel refuses; close it again when nobody uses it, or
     *                       let it go with /dev/iommu.
     */
    @Override
    public final void close() {
        synchronized (iommufd) { // a barrier for whoever else closes it, or what it stands on
            if (!closed) {
                closed = true;
                closeAllOfIt();
            }
        }
    }

    private void closeAllOfIt() {
        final List<IommufdObject> left;
        synchronized (this) {
            left = List.copyOf(dependants);
        }
        LinuxException first = null;
        try {
            closeAll(left);
        } catch (final LinuxException refused) {
            first = refused;
        }
        release();
        try {
            iommufd.destroy(this);
            unregister();
        } catch (final LinuxException refused) {
            first = first == null ? refused : first;
            closed = false; // what the kernel kept can be closed again, when nobody uses it any more
        }
        if (first != null) {
            throw first;
        }
    }

    private void unregister() {
        for (final IommufdObject base : bases) {
            synchronized (base) {
                base.dependants.remove(this);
            }
        }
        iommufd.removeRoot(this);
    }

    /** Closes all, the last first, even if one is refused; then throws the first refusal. */
    static void closeAll(final List<IommufdObject> objects) {
        LinuxException first = null;
        for (final IommufdObject object : objects.reversed()) {
            try {
                object.close();
            } catch (final LinuxException refused) {
                if (first == null) {
                    first = refused;
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    @Override
    public final String toString() {
        return kind + " " + id;
    }
}
