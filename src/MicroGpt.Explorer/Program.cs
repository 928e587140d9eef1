using MicroGpt.Explorer;
using Microsoft.AspNetCore.Components.WebAssembly.Hosting;
using Microsoft.Extensions.DependencyInjection;

var builder = WebAssemblyHostBuilder.CreateDefault(args);
builder.RootComponents.Add<App>("#app");
if (OperatingSystem.IsBrowser()) // always: said for the analyzer
{
    await Browser.StartAsync();
}

builder.Services.AddSingleton(new Visit(Visit.Names()));
await builder.Build().RunAsync();
