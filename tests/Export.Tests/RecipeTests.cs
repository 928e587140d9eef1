using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;

namespace MicroGpt.Export.Tests;

/// <summary>Each recipe of docs/recipes.md, built and run.</summary>
public sealed class RecipeTests : IDisposable
{
    static readonly string page = File.ReadAllText(Path.Join(Repository.Root, "docs", "recipes.md"));
    static readonly Gpt gpt = Gpt.Train(Names(), new() { Steps = 5000 }); // as the page trains it

    readonly string folder = Directory.CreateTempSubdirectory("microgpt").FullName;

    public RecipeTests() => gpt.Save(At("names.safetensors"));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Test_data_is_the_same_in_every_run()
    {
        var (first, second) = (Program("Test data"), Program("Test data"));
        Assert.Equal(first, second);
        var names = gpt.Generate(1).Distinct().Take(3);
        Assert.Equal(names.Select(name => $"Person {{ Name = {name}, Middle = m"),
            first.Split('\n')[..3].Select(line => Regex.Match(line, "Person.*Middle = m").Value));
    }

    [Fact]
    public async Task A_service_answers_refuses_streams_and_loads_a_new_model()
    {
        Build("A service", "Microsoft.NET.Sdk.Web", "");
        var address = $"http://localhost:{Exports.FreePort()}";
        using var service = Process.Start(new ProcessStartInfo("dotnet", ["bin/app.dll", "--urls", address])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        })!;
        try
        {
            while (await service.StandardOutput.ReadLineAsync() is string line && !line.Contains("Application started"))
            {
            }
            using var client = new HttpClient { BaseAddress = new(address) };
            Assert.Equal(
                string.Join('\n', gpt.Generate(7).Take(5)),
                await client.GetStringAsync("/names?count=5&seed=7"));
            var many = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => client.GetStringAsync("/names?seed=3")));
            Assert.Single(many.Distinct());
            using var refused = await client.GetAsync(new Uri("/names?prompt=%C3%9F", UriKind.Relative));
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains("U+00DF", await refused.Content.ReadAsStringAsync());
            foreach (var query in new[] { "temperature=0", "count=0", "count=-1", "count=1001", "count=x" })
            {
                using var bad = await client.GetAsync(new Uri($"/names?{query}", UriKind.Relative));
                Assert.Equal((query, HttpStatusCode.BadRequest), (query, bad.StatusCode));
            }
            Assert.Equal(string.Concat(gpt.Stream(7).Select(letter => $"data: {letter}\n\n")),
                await client.GetStringAsync("/stream?seed=7"));
            var other = Gpt.Train(Names(), new() { Steps = 10 });
            other.Save(At("names.safetensors"));
            File.SetLastWriteTimeUtc(At("names.safetensors"), DateTime.UtcNow.AddSeconds(5));
            Assert.Equal(
                string.Join('\n', other.Generate(7).Take(5)),
                await client.GetStringAsync("/names?count=5&seed=7"));
        }
        finally
        {
            service.Kill();
        }
    }

    [Fact]
    public void A_game_takes_the_exported_file()
    {
        var source = gpt.Export("Names.cs");
        Directory.CreateDirectory(At("game"));
        File.WriteAllText(At("game/Names.cs"), source.Text);
        File.WriteAllText(At("game/Village.cs"), Block("A game", "csharp"));
        File.WriteAllText(At("game/game.csproj"),
            "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>netstandard2.1</TargetFramework>"
            + "</PropertyGroup></Project>");
        Directory.CreateDirectory(At("app"));
        File.WriteAllText(At("app/Program.cs"), "System.Console.WriteLine(string.Join(' ', Village.People(3)));");
        File.WriteAllText(At("app/app.csproj"), Project("Microsoft.NET.Sdk", "../game/game.csproj"));
        var run = Run.Start(At("app"), "dotnet", "run");
        Assert.Equal(string.Join(' ', source.Rounded.Generate(3, new() { MinLength = 4 }).Take(5)), run.Text.TrimEnd());
    }

    [Fact]
    public async Task A_page_shows_names()
    {
        var program = Exports.Installed("chromium", "chromium-browser", "google-chrome");
        Assert.SkipWhen(program == null, "there is no Chromium on this machine");
        var (page, source) = (Block("A page", "html"), gpt.Export("names.js"));
        var names = string.Join('\n', source.Rounded.Generate(1).Take(10));
        Assert.Contains($"<pre>{names}</pre>", await Shown(program!, page, source.Text));
        page = page.Replace("<input ", "<input value=\"Mar\" ");
        Assert.Contains("<pre>the model does not know the character M</pre>", await Shown(program!, page, source.Text));
    }

    [Fact]
    public void A_native_program_trains_and_draws()
    {
        Assert.SkipUnless(Exports.Installed("clang", "gcc") != null && OperatingSystem.IsLinux(),
            "there is no linker here");
        File.Copy(Path.Join(Repository.Root, "data", "names.txt"), At("names.txt"));
        var library = Path.Join(Repository.Root, "src", "MicroGpt", "MicroGpt.csproj");
        File.WriteAllText(At("app.csproj"), Project("Microsoft.NET.Sdk", library, Block("A native program", "xml")));
        File.WriteAllText(At("Program.cs"), Block("A native program", "csharp"));
        var published = Run.Start(folder, "dotnet", "publish", "-c", "Release", "--use-current-runtime", "-o", "out");
        Assert.True(published.ExitCode == 0, published.Text);
        Assert.False(File.Exists(At("out/app.dll")));
        var run = Run.Start(folder, At("out/app"), "names.txt");
        var lines = run.Text.TrimEnd().Split('\n');
        Assert.Equal(Gpt.Train(Names(), new()).Generate(42).Take(3), lines[..3]);
        Assert.Matches("vectors of [1-9]", lines[3]);
    }

    /// <summary>What is said of the container: its command is one that the native program has.</summary>
    [Fact]
    public void The_container_runs_what_the_recipe_before_it_made()
    {
        var lines = Block("A container", "dockerfile").Split('\n');
        Assert.StartsWith("FROM mcr.microsoft.com/dotnet/runtime-deps:10.0", lines[0]);
        Assert.Equal("COPY microgpt names.safetensors /app/", lines[1]);
        Assert.Equal("""ENTRYPOINT ["./microgpt", "sample", "names.safetensors"]""", lines[3]);
    }

    // What a browser makes of a page that imports names.js.
    async Task<string> Shown(string program, string page, string module)
    {
        using var server = new HttpListener();
        var address = $"http://localhost:{Exports.FreePort()}/";
        server.Prefixes.Add(address);
        server.Start();
        var browser = Task.Run(() => Run.Start(folder, program, "--headless", "--no-sandbox", "--disable-gpu",
            "--user-data-dir=" + At("profile"), "--dump-dom", address));
        while (!browser.IsCompleted)
        {
            var request = server.GetContextAsync();
            if (await Task.WhenAny(request, browser) == request)
            {
                var isModule = (await request).Request.Url!.AbsolutePath == "/names.js";
                var response = (await request).Response;
                response.ContentType = isModule ? "text/javascript" : "text/html";
                response.Close(System.Text.Encoding.UTF8.GetBytes(isModule ? module : page), willBlock: true);
            }
        }
        return (await browser).Text;
    }

    static Corpus Names() => Corpus.Load(Path.Join(Repository.Root, "data", "names.txt"));

    static string Block(string title, string language)
    {
        var section = page[page.IndexOf($"\n## {title}\n", StringComparison.Ordinal)..];
        return Regex.Match(section, $"^```{language}\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)
            .Groups[1].Value;
    }

    // The library from its source, and what a recipe adds.
    static string Project(string sdk, string library, string settings = "") => $"""
        <Project Sdk="{sdk}">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
          </PropertyGroup>
          <ItemGroup>
            <ProjectReference Include="{library}" />
          </ItemGroup>
          {settings}
        </Project>
        """;

    void Build(string recipe, string sdk, string settings)
    {
        var library = Path.Join(Repository.Root, "src", "MicroGpt", "MicroGpt.csproj");
        File.WriteAllText(At("app.csproj"), Project(sdk, library, settings));
        File.WriteAllText(At("Program.cs"), Block(recipe, "csharp"));
        var built = Run.Start(folder, "dotnet", "build", "-nologo", "-v", "q", "-o", "bin");
        Assert.True(built.ExitCode == 0, built.Text);
    }

    string Program(string recipe)
    {
        if (!File.Exists(At("bin/app.dll")))
        {
            Build(recipe, "Microsoft.NET.Sdk", Block(recipe, "xml"));
        }
        var run = Run.Start(folder, "dotnet", "bin/app.dll");
        Assert.True(run.ExitCode == 0, run.Stderr);
        return run.Text;
    }

    string At(string name) => Path.Join(folder, name);
}
