"""What the process of a Python function runs: it loads the handler, asks the Runtime API for
events, one at a time, and answers each. Standard library only, Python 3.9 and newer; it mirrors
what AWS's own runtimes say and print.

Most of it is in the package beside this file, which is compiled ahead; a script never is.
"""

from lambda_runtime.run_loop import main

main()
