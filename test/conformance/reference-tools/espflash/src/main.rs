//! Drives a board with espflash's own library, and prints what each operation gave: PORT, `stub` or `rom`, a file to read to.
//! The device path has no modem lines, so the board must be in its loader.
use std::fmt::Debug;

use espflash::connection::{Connection, ResetAfterOperation, ResetBeforeOperation};
use espflash::flasher::Flasher;
use espflash::target::DefaultProgressCallback;
use serialport::{FlowControl, UsbPortInfo};

const OFFSET: u32 = 0x9000;
const FAST: u32 = 460_800;

/// Its value, or the end of the program.
fn told<T: Debug, E: Debug>(step: &str, result: Result<T, E>) -> T {
    match result {
        Ok(value) => {
            println!("{step}: {value:?}");
            value
        }
        Err(error) => {
            println!("{step} FAILED: {error:?}");
            std::process::exit(1)
        }
    }
}

fn main() {
    let [_, path, loader, file] = &std::env::args().collect::<Vec<_>>()[..] else {
        panic!("PORT stub|rom FILE")
    };
    let stub = loader == "stub";
    let port = serialport::new(path, 115_200)
        .flow_control(FlowControl::None)
        .timeout(std::time::Duration::from_secs(3))
        .open_native();
    let info = UsbPortInfo { vid: 0x10c4, pid: 0xea60, serial_number: None, manufacturer: None, product: None };
    let connection = Connection::new(
        told("open", port),
        info,
        ResetAfterOperation::NoReset,
        ResetBeforeOperation::NoReset,
        115_200,
    );
    let connected = Flasher::connect(connection, stub, true, true, None, Some(FAST));
    let mut flasher = connected.unwrap_or_else(|error| told::<Flasher, _>("connect", Err(error)));
    println!("chip: {:?}", flasher.chip());
    told("info", flasher.device_info());
    told("md5", flasher.checksum_md5(OFFSET, 0x1000));
    // Whole sectors: the ROM refuses the end of a write whose size its blocks do not fill.
    let image: Vec<u8> = (0..0x9000u32).map(|n| if n < 0x2000 { (n * 31 + (n >> 8)) as u8 } else { 0xff }).collect();
    told("write", flasher.write_bin_to_flash(OFFSET, &image, &mut DefaultProgressCallback));
    if !stub {
        return; // The end of a write has left the ROM.
    }
    // Without a reset behind it the stub was asked to go back to the ROM, which must answer again at its own rate.
    let mut connection = flasher.into_connection();
    told("rate", connection.set_baud(115_200));
    told("sync", connection.begin());
    let again = Flasher::connect(connection, true, true, true, None, None);
    let mut flasher = again.unwrap_or_else(|error| told::<Flasher, _>("connect again", Err(error)));
    told("read", flasher.read_flash(OFFSET - 0x800, 0x2800, 0x1000, 64, file.into()));
    told("erase", flasher.erase_region(OFFSET, 0x1000));
}
