;; Passes and cites nothing.

(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (call $answer (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))
