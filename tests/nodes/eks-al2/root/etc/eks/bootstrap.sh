#!/usr/bin/env bash
# AWS keeps the text.
