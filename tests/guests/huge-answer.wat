;; Answers with a reason of twenty million bytes.

(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (drop (memory.grow (i32.const 320)))
  (memory.fill (i32.const 65536) (i32.const 0x61) (i32.const 20000000))
  (call $witness)
  (call $answer (i32.const 1) (i32.const 65536) (i32.const 20000000) (i32.const 1)))
