;; Passes and cites a receipt that the host never gave.

(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (i64.store (i32.const 192) (i64.const 999999))
  (call $answer (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 1)))
