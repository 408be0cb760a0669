//! What the kernel side is told when it is loaded: offsets of kernel structures, as BTF gives them,
//! and the filter.
