;; Says that it does not know a check which its own manifest declares.

(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (i32.store8 (i32.const 64) (i32.const 1))
  (i32.store8 (i32.const 68) (i32.const 0))
  (i32.const 64))
