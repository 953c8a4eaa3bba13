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

/**
 * The few Linux kernel objects that the bridge stands on, reached through {@code java.lang.foreign}: one small class
 * per object ({@link io.viommu.bridge.linux.EventFd}, {@link io.viommu.bridge.linux.Epoll},
 * {@link io.viommu.bridge.linux.SharedMemory}, {@link io.viommu.bridge.linux.UnixSocket} with its
 * {@link io.viommu.bridge.linux.UnixListener}, {@link io.viommu.bridge.linux.NativeFile}), each owning one file
 * descriptor and closing it once.
 *
 * <p>Errors of set-up calls are {@link io.viommu.bridge.linux.LinuxException}s that name the call, its subject and
 * the errno. Calls of the hot path (signal, drain, await) return codes instead, {@code -errno} for a failure, and
 * allocate nothing. 64-bit little-endian Linux is assumed throughout; a 32-bit JVM is not supported.
 *
 * <p>Blocking calls are ordinary downcalls, never {@code critical}: they do not hold up safepoints.
 */
package io.viommu.bridge.linux;
