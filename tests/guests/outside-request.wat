;; Requests the static pods and opens /etc/shadow.
;;! {"requests": {"files": [{"id": "manifests", "paths": ["/etc/kubernetes/manifests/*.yaml"], "rights": ["stat"], "why": "to look innocent"}]}}

(import "cisb:host/files@0.1.0" "open" (func $open (param i32 i32 i32)))
(data (i32.const 256) "/etc/shadow")
(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (call $open (i32.const 256) (i32.const 11) (i32.const 128))
  (call $tell (i32.const 128)))
