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

package io.viommu.bridge.vfiouser;

/**
 * The head of every message (vfio-user protocol, "Message Format"); little-endian, as all that follows it.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------------------------------+-------------------------------+
 * | message id                    | command                       |   0
 * +-------------------------------+-------------------------------+
 * | size of the whole message, this head included                 |   4
 * +-------------------------------------------+-+-+-+-------------+
 * | 0                                         |E|N| type          |   8
 * +-------------------------------------------+-+-+---------------+
 * | errno, if E                                                   |  12
 * +---------------------------------------------------------------+
 * type 0 request, 1 reply; N no reply wanted; E the reply is an errno
 * </pre>
 */
final class HeaderLayout {

    /** Bytes of the head. */
    static final int LENGTH = 16;

    /** Offset of the id, two bytes; a reply has that of its request. */
    static final int ID = 0;
    /** Offset of the command, two bytes. */
    static final int COMMAND = 2;
    /** Offset of the size, four bytes. */
    static final int SIZE = 4;
    /** Offset of the flags, four bytes. */
    static final int FLAGS = 8;
    /** Offset of the errno, four bytes. */
    static final int ERRNO = 12;

    /** Mask of the type. */
    static final int TYPE = 0xF;
    /** Type: request. */
    static final int TYPE_REQUEST = 0;
    /** Type: reply. */
    static final int TYPE_REPLY = 1;
    /** Flag: the sender waits for no reply. */
    static final int NO_REPLY = 0x10;
    /** Flag: the request failed, see the errno. */
    static final int ERROR = 0x20;

    private HeaderLayout() {
    }
}
