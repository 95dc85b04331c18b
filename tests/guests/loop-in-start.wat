;; Never even starts: its start function loops.

(func $start (loop $forever (br $forever)))
(start $start)
(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (call $pass))
