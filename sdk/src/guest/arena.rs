//! The component's memory: taken from the front, never given back.
//!
//! Every check runs in an instance of its own, whose whole memory goes when it
//! answers. Giving back nothing in between makes the allocator a few hundred
//! bytes instead of eight thousand, and lets the compiler leave out all the code
//! that would walk values only to free them. The host limits the memory; a
//! check that meets the limit traps, and is reported.
#![expect(
    unsafe_code,
    reason = "the interface of allocators is unsafe; each block here is proven apart"
)]

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

const PAGE: usize = 1 << 16;
/// How many pages are asked for at once: each time costs the host a change of
/// mappings, pages that are not touched cost nothing.
const STEP: usize = 16;

#[global_allocator]
static ARENA: Arena = Arena {
    next: AtomicUsize::new(0),
};

struct Arena {
    /// Where free memory starts; 0 before the first block. Atomic only to be
    /// shared safely: WebAssembly here has one thread, and this costs nothing.
    next: AtomicUsize,
}

impl Arena {
    /// Takes a block from the end of what is taken. `None` if the host gives no
    /// more memory.
    #[inline(never)]
    fn take(&self, size: usize, align: usize) -> Option<usize> {
        let taken = match self.next.load(Relaxed) {
            0 => laid_out(),
            next => next,
        };
        let start = taken.checked_next_multiple_of(align)?;
        let end = start.checked_add(size)?;
        let missing = end.saturating_sub(memory_size(0) * PAGE);
        let pages = missing.div_ceil(PAGE);
        if pages > 0
            && memory_grow(0, pages.max(STEP)) == usize::MAX
            && memory_grow(0, pages) == usize::MAX
        {
            return None;
        }
        self.next.store(end, Relaxed);
        Some(start)
    }
}

/// Where that ends which the linker laid out: stack and data.
fn laid_out() -> usize {
    unsafe extern "C" {
        static __heap_base: u8;
    }
    // SAFETY: the linker defines it, and only its address is taken.
    (&raw const __heap_base).addr()
}

// SAFETY: `take` hands out each address at most once: a block starts at or
// after the end of the one before (`next` only grows, in one thread), beyond
// all that the linker laid out, and ends within the memory. It starts at a multiple of the alignment, which `Layout` promises is a
// power of two and so not zero. Blocks are never given back, so none is handed
// out again while it is used. Nothing else in a component grows the memory.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match self.take(layout.size(), layout.align()) {
            Some(start) => core::ptr::with_exposed_provenance_mut(start),
            None => core::ptr::null_mut(),
        }
    }

    #[inline]
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    /// Memory that the linker laid nothing out in is zero, and no block is used
    /// twice.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller promises what `alloc` wants.
        unsafe { self.alloc(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size <= layout.size() {
            return block;
        }
        // The last block grows where it is, as texts and lists do that are
        // being built.
        let end = block.addr() + layout.size();
        if end == self.next.load(Relaxed) && self.take(size - layout.size(), 1).is_some() {
            return block;
        }
        let Some(start) = self.take(size, layout.align()) else {
            return core::ptr::null_mut();
        };
        let grown: *mut u8 = core::ptr::with_exposed_provenance_mut(start);
        // SAFETY: the caller promises that `block` holds `layout.size()` bytes;
        // `grown` is new, holds more than that, and so overlaps nothing.
        unsafe { core::ptr::copy_nonoverlapping(block, grown, layout.size()) };
        grown
    }
}
