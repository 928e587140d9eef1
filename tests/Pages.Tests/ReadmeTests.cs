using System.Text.RegularExpressions;

namespace Pages.Tests;

/// <summary>The C# of the README, put together and run, prints what the README says that it prints.</summary>
public class ReadmeTests
{
    [Fact]
    public void ItsProgramPrintsWhatItShows()
    {
        var readme = File.ReadAllText(Path.Join(Repository.Root, "README.md"));
        var program = Blocks(readme, "csharp");
        var library = Path.Join(Repository.Root, "src", "MicroGpt", "MicroGpt.csproj");
        var folder = Directory.CreateTempSubdirectory("microgpt-").FullName;
        try
        {
            File.Copy(Repository.ShippedNames, Path.Join(folder, "names.txt"));
            File.WriteAllText(
                Path.Join(folder, "readme.cs"), $"#:property PublishAot=false\n#:project {library}\n{program}");
            var run = Run.Start(folder, "dotnet", "run", "readme.cs");
            Assert.Equal("", run.Stderr);
            Assert.Equal(Blocks(readme, "text"), run.Text);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static string Blocks(string readme, string language) => string.Concat(
        Regex.Matches(readme, $"^```{language}\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)
            .Select(block => block.Groups[1].Value));
}
