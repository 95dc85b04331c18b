;; Asks for a path of twelve million bytes.
;;! {"requests": {"files": [{"id": "manifests", "paths": ["/etc/kubernetes/manifests/*.yaml"], "rights": ["stat"], "why": "to look innocent"}]}}

(import "cisb:host/files@0.1.0" "open" (func $open (param i32 i32 i32)))
(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (drop (memory.grow (i32.const 200)))
  (memory.fill (i32.const 65536) (i32.const 0x61) (i32.const 12000000))
  (i32.store8 (i32.const 65536) (i32.const 0x2f))
  (call $open (i32.const 65536) (i32.const 12000000) (i32.const 128))
  (call $tell (i32.const 128)))
