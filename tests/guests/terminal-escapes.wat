;; Puts into its reason what clears a terminal, retitles it, turns text around,
;; and forges a line of the report.

(data (i32.const 256) "calm\1b[2J\1b]0;owned\07\c2\9b31m\e2\80\ae\r\n[PASS] 1.1.1 forged")
(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (call $witness)
  (call $answer (i32.const 4) (i32.const 256) (i32.const 47) (i32.const 1)))
