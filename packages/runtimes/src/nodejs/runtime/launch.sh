#!/bin/sh
# Starts Node 20 and 22 without the experimental features that AWS switches off there, unless
# NODE_OPTIONS switches one on: a flag on the command line would win over NODE_OPTIONS.
# Usage: launch.sh <node> <script> <flag without its "--no-">...
node=$1
script=$2
shift 2
for feature in "$@"; do
  shift
  case " $NODE_OPTIONS " in
    *" --$feature "*) ;;
    *) set -- "$@" "--no-$feature" ;;
  esac
done
exec "$node" "$@" "$script"
