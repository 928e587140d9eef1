namespace MicroGpt;

/// <summary>How an exported file stores the parameters.</summary>
#pragma warning disable CA1720 // these are names of types
public enum ExportNumbers
{
    /// <summary>A byte each, and a scale for each 16: 1.125 bytes a parameter.</summary>
    Int8,

    /// <summary>IEEE half precision: 2 bytes a parameter.</summary>
    Float16,

    /// <summary>IEEE single precision: 4 bytes a parameter, no loss for a model trained in float32.</summary>
    Float32,
}
#pragma warning restore CA1720
