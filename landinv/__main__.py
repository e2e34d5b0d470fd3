"""``python -m landinv``."""

from landinv.cli import main

if __name__ == "__main__":
    main()
