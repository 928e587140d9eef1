using System.Text.RegularExpressions;

namespace Docs.Tests;

/// <summary>The C# of a page, put together and run, prints what the page shows.</summary>
public class ProgramTests
{
    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/library.md")]
    public void Its_program_prints_what_it_shows(string file)
    {
        var page = File.ReadAllText(Path.Join(Repository.Root, file));
        var program = Blocks(page, "csharp");
        var library = Path.Join(Repository.Root, "src", "MicroGpt", "MicroGpt.csproj");
        var folder = Directory.CreateTempSubdirectory("microgpt-").FullName;
        try
        {
            File.Copy(Repository.ShippedNames, Path.Join(folder, "names.txt"));
            File.WriteAllText(
                Path.Join(folder, "page.cs"), $"#:property PublishAot=false\n#:project {library}\n{program}");
            var run = Run.Start(folder, "dotnet", "run", "page.cs");
            Assert.Equal("", run.Stderr);
            Assert.Equal(Blocks(page, "text"), run.Text);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static string Blocks(string page, string language) => string.Concat(
        Regex.Matches(page, $"^```{language}\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)
            .Select(block => block.Groups[1].Value));
}
