;; Follows every process that is called kubelet to the file that its --config
;; names, and reads it. The node holds a process that borrowed the name and
;; names /etc/shadow.
;;! {"requests": {"processes": [{"id": "kubelet", "executables": ["kubelet"], "why": "to find one"}],
;;!               "named": [{"id": "config", "process": "kubelet", "flags": ["config"], "rights": ["stat", "digest", "read"], "why": "to follow it"}]}}

(import "cisb:host/processes@0.1.0" "find" (func $find (param i32 i32 i32)))
(import "cisb:host/processes@0.1.0" "[method]process.open-named"
  (func $open_named (param i32 i32 i32 i32 i32 i32)))
(import "cisb:host/files@0.1.0" "[method]entry.read-text" (func $read (param i32 i32)))
(data (i32.const 256) "kubelet")
(data (i32.const 272) "--config")
(data (i32.const 288) "/etc/shadow")
(data (i32.const 304) "no process is called kubelet")
(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (call $find (i32.const 256) (i32.const 7) (i32.const 384))
  (if (i32.load8_u (i32.const 384)) (then (return (call $tell (i32.const 384)))))
  (if (i32.eqz (i32.load (i32.const 404)))
    (then
      (call $witness)
      (return (call $answer (i32.const 2) (i32.const 304) (i32.const 28) (i32.const 1)))))
  (call $open_named
    (i32.load (i32.load (i32.const 400)))
    (i32.const 272) (i32.const 8)
    (i32.const 288) (i32.const 11)
    (i32.const 128))
  (if (i32.load8_u (i32.const 128)) (then (return (call $tell (i32.const 128)))))
  (call $read (i32.load (i32.const 136)) (i32.const 128))
  (if (i32.load8_u (i32.const 128)) (then (return (call $tell (i32.const 128)))))
  (call $witness)
  (call $answer (i32.const 4) (i32.load (i32.const 136)) (i32.load (i32.const 140)) (i32.const 1)))
