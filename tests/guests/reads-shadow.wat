;; Requests to read /etc/shadow, openly, and reads it.
;;! {"requests": {"files": [{"id": "shadow", "paths": ["/etc/shadow"], "rights": ["stat", "digest", "read"], "why": "to crack passwords"}]}}

(import "cisb:host/files@0.1.0" "open" (func $open (param i32 i32 i32)))
(import "cisb:host/files@0.1.0" "[method]entry.read-text" (func $read (param i32 i32)))
(data (i32.const 256) "/etc/shadow")
(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (call $open (i32.const 256) (i32.const 11) (i32.const 128))
  (if (i32.load8_u (i32.const 128)) (then (return (call $tell (i32.const 128)))))
  (call $read (i32.load (i32.const 136)) (i32.const 128))
  (if (i32.load8_u (i32.const 128)) (then (return (call $tell (i32.const 128)))))
  (call $witness)
  ;; What was read becomes the reason, so that a test would see it.
  (call $answer (i32.const 4) (i32.load (i32.const 136)) (i32.load (i32.const 140)) (i32.const 1)))
