;; Imports an interface that no host has.
;;@ package evil:guest;
;;@ world guest { include cisb:profile/profile@0.1.0; import cisb:later/network@0.1.0; }
;;@ package cisb:later@0.1.0 { interface network { dial: func(host: string) -> u32; } }

(import "cisb:later/network@0.1.0" "dial" (func $dial (param i32 i32) (result i32)))
(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (drop (call $dial (i32.const 256) (i32.const 0)))
  (call $pass))
