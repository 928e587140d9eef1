using MicroGpt;
using MicroGpt.Explorer;
using MicroGpt.Record;
using Microsoft.AspNetCore.Components.WebAssembly.Hosting;
using Microsoft.Extensions.DependencyInjection;

var builder = WebAssemblyHostBuilder.CreateDefault(args);
builder.RootComponents.Add<App>("#app");
if (OperatingSystem.IsBrowser()) // always: said for the analyzer
{
    await Browser.StartAsync();
}

using var names = typeof(App).Assembly.GetManifestResourceStream("names.txt")!;
builder.Services.AddSingleton(new Visit(Run.Begin(Corpus.Load(names, "names.txt"), "names.txt")));
builder.Services.AddSingleton(new HttpClient { BaseAddress = new(builder.HostEnvironment.BaseAddress) });
await builder.Build().RunAsync();
