;; Answers with a reason of one million bytes: not enough to trip the limit on
;; one call, far too much for a report.

(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (drop (memory.grow (i32.const 20)))
  (memory.fill (i32.const 65536) (i32.const 0x61) (i32.const 1000000))
  (call $witness)
  (call $answer (i32.const 1) (i32.const 65536) (i32.const 1000000) (i32.const 1)))
