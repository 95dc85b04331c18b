;; Requests the static pods for one check and opens them in another, which
;; declares no use of them.
;;! {"requests": {"files": [{"id": "manifests", "paths": ["/etc/kubernetes/manifests/*.yaml"], "rights": ["stat"], "why": "to look innocent"}]}}
;;! {"checks": [{"id": "1.1.1", "uses": []}, {"id": "1.1.2", "uses": ["manifests"]}]}

(import "cisb:host/files@0.1.0" "open" (func $open (param i32 i32 i32)))
(data (i32.const 256) "/etc/kubernetes/manifests/etcd.yaml")
(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (call $open (i32.const 256) (i32.const 35) (i32.const 128))
  (call $tell (i32.const 128)))
