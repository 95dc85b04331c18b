;; Traps in its second check. The first and the third are answered.
;;! {"checks": [{"id": "1.1.1"}, {"id": "1.1.2"}, {"id": "1.1.3"}]}

(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  ;; The last character of the check's id.
  (if (i32.eq
        (i32.load8_u (i32.sub (i32.add (local.get $check) (local.get $check_len)) (i32.const 1)))
        (i32.const 0x32))
    (then (unreachable)))
  (call $pass))
