#!/usr/bin/env bash
# Packs the library and the tool, looks at what the packages say of themselves, and uses them as a stranger would: an
# empty home, the folder as the only source, and no way to any other. Changes nothing outside a temporary folder. Minutes.
# Exit code 0: all is well. 1: what is not, in the last line. 77: something is missing, and what.
other=packages
packages="clang git unzip"
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
needs dotnet clang git unzip

# The address of the packages' repository is the clone's.
origin=https://github.com/someone/microgpt
for clone in one two; do
  git clone -q "$root" "$work/$clone" || fail "git clone"
  git -C "$work/$clone" remote set-url origin $origin
done
# pack PROJECT FOLDER OPTION...
pack() {
  say "packing $*"
  dotnet pack "$work/one/src/$1" -o "$work/$2" "${@:3}" > "$work/log" 2>&1 \
    || fail "it does not pack: $(grep -E 'error|warning' "$work/log")"
}
pack MicroGpt packages
pack MicroGpt.Cli plain
for runtime in "" "-r linux-x64" "-r any"; do
  pack MicroGpt.Cli packages -p:NativeTool=true $runtime
done
dotnet build "$work/two/src/MicroGpt" -c Release > "$work/log" 2>&1 || fail "it does not build: $(tail "$work/log")"
dll=src/MicroGpt/bin/Release/net10.0/MicroGpt.dll
cmp "$work/one/$dll" "$work/two/$dll" || fail "two clones make different assemblies"
say "the same bytes from two clones"

mkdir "$work/unpacked"
commit=$(git -C "$work/one" rev-parse HEAD)
for package in MicroGpt MicroGpt.Cli MicroGpt.Cli.linux-x64 MicroGpt.Cli.any; do
  file="$work/packages/$package.1.0.0.nupkg"
  [ -e "$file" ] || fail "there is no $package.1.0.0.nupkg: $(ls "$work/packages")"
  unzip -q "$file" -d "$work/unpacked/$package"
  nuspec="$work/unpacked/$package/$package.nuspec"
  for word in '<license type="expression">MIT<' '<readme>README.md<' "url=\"$origin\"" "commit=\"$commit\"" \
    '<tags>' '<authors>'; do
    grep -qF "$word" "$nuspec" || fail "$package.nuspec has no $word"
  done
  grep -nE '\]\((\.|[a-z]+/|[a-z]+\.md)|mermaid' "$work/unpacked/$package/README.md" \
    && fail "$package: that link leads nowhere"
  say "$package: $(stat -c %s "$file") bytes, licence, readme, tags, repository, commit"
done
grep -q "raw.githubusercontent.com/someone/microgpt/$commit" "$work"/one/src/MicroGpt/obj/Release/net10.0/*.sourcelink.json \
  || fail "no Source Link"

# From here on: an empty home, and a proxy that nobody listens at for whoever asks a feed.
mkdir "$work/home"
export HOME="$work/home" DOTNET_CLI_HOME="$work/home" NUGET_PACKAGES="$work/cache" DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
for proxy in HTTP_PROXY HTTPS_PROXY http_proxy https_proxy; do
  export $proxy=http://127.0.0.1:9
done
cd "$work/home" || exit 1
dotnet tool install --tool-path plain --source "$work/plain" MicroGpt.Cli || fail "the plain tool can't be installed"
plain/microgpt --version --verbose || fail "the plain tool does not run"
rm -rf "$NUGET_PACKAGES"
dotnet tool install --global --source "$work/packages" MicroGpt.Cli || fail "the tool can't be installed"
cp "$root/data/names.txt" .
.dotnet/tools/microgpt --version --verbose || fail "the tool does not run"
.dotnet/tools/microgpt train names.txt --quiet --samples 3 --out model || fail "the tool does not train"
dotnet "$work"/unpacked/MicroGpt.Cli.any/tools/*/any/MicroGpt.Cli.dll sample model -n 3 --seed 1 \
  || fail "the tool for any system"

mkdir app && cd app || exit 1
cat > nuget.config << END
<configuration><packageSources><clear/><add key="here" value="$work/packages"/></packageSources></configuration>
END
cat > app.csproj << END
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
</Project>
END
dotnet add package MicroGpt --source "$work/packages" > "$work/log" || fail "it can't be added: $(cat "$work/log")"
sed -n '/^```csharp/,/^```/p' "$work/unpacked/MicroGpt/README.md" | grep -v '^```' > Program.cs
cp ../names.txt .
dotnet run > "$work/log" 2>&1 || fail "the readme's program: $(cat "$work/log")"
diff "$work/log" <(printf 'lana\nmoleer\nalina\nraria\ntela\n') || fail "the readme's program prints something else"
say "the readme's program, from another solution: $(tr '\n' ' ' < "$work/log")"

warned() { dotnet msbuild -nologo -t:MicroGptInstructionSet -p:PublishAot=true -p:RuntimeIdentifier="$1" "${@:2}" 2>&1; }
warned linux-x64 | grep -q 'warning MICROGPT001' \
  || fail "no warning that the app's build has no vectors: $(warned linux-x64)"
for quiet in "linux-arm64" "linux-x64 -p:IlcInstructionSet=native"; do
  warned $quiet | grep -q MICROGPT001 && fail "a warning for $quiet"
done
say "The packages work, and no feed was asked."
