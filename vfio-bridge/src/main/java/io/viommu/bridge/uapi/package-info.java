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
 * The structures of linux/iommufd.h and linux/vfio.h, one class of offsets for each, in a file for each family; no
 * behaviour. A constant has the name of the field in C. A test compares all of them with what a C compiler computes.
 *
 * <p>The first four bytes of an argument are its size. A kernel takes a longer structure than it knows if the rest is
 * 0, so the newest one, cleared, goes with every kernel.
 */
package io.viommu.bridge.uapi;
