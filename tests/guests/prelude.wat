;; What every guest here shares: the least a core module needs to answer
;; through the canonical ABI of cisb:profile. A guest file holds the fields of
;; one module; it is put between the two halves of this file.
;;
;; Its first comment says the crime. Lines that begin with `;;!` are JSON that
;; is merged into the manifest, lines that begin with `;;@` are WIT of a world
;; that goes beyond the contract.
;;
;; Memory: 64..128 the result, 128..192 return areas of host calls, 192..200 one
;; observation, 208..256 the node, 256..4096 the guest's texts, then what cabi_realloc hands out.

(import "cisb:host/context@0.1.0" "scanned-node" (func $scanned_node (param i32)))

;; ---- the guest's fields ----

(memory (export "memory") 1)
(global $heap (mut i32) (i32.const 4096))

;; Hands out memory and never takes any back: an instance answers one check.
(func $realloc (export "cabi_realloc")
  (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
  (local $at i32)
  (local.set $at
    (i32.and
      (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
  (global.set $heap (i32.add (local.get $at) (local.get $size)))
  (block $fits
    (loop $more
      (br_if $fits
        (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
      (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (unreachable))
  (local.get $at))

;; Stores a receipt that every check can get, for verdicts that need one.
(func $witness
  (call $scanned_node (i32.const 208))
  (i64.store (i32.const 192) (i64.load (i32.const 208))))

;; An outcome with a verdict, a reason, and `count` receipts from address 192.
;; result<outcome, failure>: case at +0, the outcome from +4, of which verdict
;; +4, reason +8, expected +16, actual +24, basis +32, subjects +44,
;; observations +52.
(func $answer (param $verdict i32) (param $reason i32) (param $length i32) (param $count i32)
  (result i32)
  (memory.fill (i32.const 64) (i32.const 0) (i32.const 64))
  (i32.store8 (i32.const 68) (local.get $verdict))
  (i32.store (i32.const 72) (local.get $reason))
  (i32.store (i32.const 76) (local.get $length))
  (i32.store (i32.const 108) (i32.const 4))
  (i32.store (i32.const 116) (i32.const 192))
  (i32.store (i32.const 120) (local.get $count))
  (i32.const 64))

;; A pass that cites the node itself: what an honest guest would say.
(func $pass (result i32)
  (call $witness)
  (call $answer (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 1)))

;; An error whose reason is the text of a host's error that lies at `area`:
;; result<_, error> with the case at +0 and the error at +8, of which the words
;; at +32. Passes if the host did serve the fact, so that a test sees it.
(func $tell (param $area i32) (result i32)
  (if (i32.eqz (i32.load8_u (local.get $area)))
    (then (return (call $pass))))
  (call $witness)
  (call $answer (i32.const 3)
    (i32.load offset=32 (local.get $area))
    (i32.load offset=36 (local.get $area))
    (i32.const 1)))
