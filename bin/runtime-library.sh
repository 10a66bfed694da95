# Sourced by bin/overcoat and tools/setup.sh: what to say when the Node.js runtime needs a library that minimal systems leave out.

# Prints the shared library without which the node `$1` does not start; nothing when it starts.
missing_library() {
  "$1" --version 2>&1 >/dev/null | sed -n 's/.*error while loading shared libraries: \([^:]*\):.*/\1/p'
}

# Sets `package` and `install_command` for the library `$1` on this system; both are empty where we do not know them.
find_library_package() {
  package='' install_command=''
  case $1 in
    libatomic.so.*) debian=libatomic1 redhat=libatomic ;;
    libstdc++.so.*) debian=libstdc++6 redhat=libstdc++ ;;
    libgcc_s.so.*) debian=libgcc-s1 redhat=libgcc ;;
    *) return ;;
  esac
  if command -v apt-get >/dev/null; then package=$debian install_command="apt-get install -y $debian"
  elif command -v zypper >/dev/null; then package=$debian install_command="zypper install -y $debian"
  elif command -v dnf >/dev/null; then package=$redhat install_command="dnf install -y $redhat"
  fi
}

# One line for the user about the missing library `$1`.
say_missing_library() {
  find_library_package "$1"
  cure="install the package that has it"
  [ -z "$package" ] || cure="install the package $package (as root: $install_command)"
  echo "overcoat: its Node.js runtime needs the library $1, which this system lacks; $cure" >&2
}
