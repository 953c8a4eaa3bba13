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

import java.lang.foreign.MemorySegment;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.EventFd;

/**
 * A file of the fake kernel. Its descriptor is a real eventfd, readable while there is something to read and writable
 * always, as a fault queue is.
 */
public abstract class FakeFile implements KernelFile {

    private final EventFd event = EventFd.create();
    private final int number = event.fd();
    private boolean signalled;
    private boolean open = true;

    /** Makes the descriptor say whether there is something to read. */
    public final void readable(final boolean value) {
        if (open && value != signalled) {
            if (value) {
                event.signal(1);
            } else {
                event.drain();
            }
            signalled = value;
        }
    }

    /** The descriptor, also when it is closed. */
    public final int number() {
        return number;
    }

    /** Whether it has not been closed. */
    public final boolean isOpen() {
        return open;
    }

    @Override
    public int fd() {
        return event.fd();
    }

    @Override
    public int ioctl(final int request, final MemorySegment argument) {
        return -Errno.ENOTTY;
    }

    @Override
    public long read(final MemorySegment into) {
        return -Errno.EINVAL;
    }

    @Override
    public long write(final MemorySegment from) {
        return -Errno.EINVAL;
    }

    @Override
    public void close() {
        open = false;
        event.close();
    }
}
