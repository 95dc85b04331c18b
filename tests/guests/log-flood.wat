;; Writes a hundred thousand log lines and passes.

(import "cisb:host/log@0.1.0" "emit" (func $emit (param i32 i32 i32)))
(data (i32.const 256) "the same line, again and again")
(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (local $left i32)
  (local.set $left (i32.const 100000))
  (loop $more
    (call $emit (i32.const 2) (i32.const 256) (i32.const 30))
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $more (local.get $left)))
  (call $pass))
